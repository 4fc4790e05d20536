// Status pages as they are kept on disk.
#include "controlplane/status_page/shelf.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(status_page_file) {
    const auto page = status_page::read_file(fuzz::text(data, size));
    if (!page) return 0;
    fuzz::require(page->second.snapshot.groups.size() <= 100, "groups are bounded");
    const auto again = status_page::read_file(status_page::write_file(page->first, page->second));
    fuzz::require(again.ok(), "what was read is written so that it can be read");
    fuzz::require(again->first == page->first && again->second.host == page->second.host && again->second.guard == page->second.guard && again->second.snapshot == page->second.snapshot,
                  "it is the same then");
    return 0;
}
