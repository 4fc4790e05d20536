#include "controlplane/status_page/html/css.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(page_css) {
    const auto clean = status_page::html::clean_css(fuzz::text(data, size));
    if (!clean) {
        fuzz::require(!clean.error().message.empty(), "a refusal says why");
        return 0;
    }
    fuzz::require(clean->size() <= size, "cleaning adds nothing");
    fuzz::require(clean->find("</") == std::string::npos && clean->find("<!") == std::string::npos, "it cannot end its element");
    const auto again = status_page::html::clean_css(*clean);
    fuzz::require(again.ok() && *again == *clean, "what is clean stays as it is");
    return 0;
}
