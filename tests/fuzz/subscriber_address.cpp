#include "controlplane/status_page/subscribe/address.h"
#include "lib/net/url.h"
#include "tests/fuzz/target.h"

using namespace sonde;
using namespace sonde::status_page::subscribe;

SONDE_FUZZ_TARGET(subscriber_address) {
    const auto text = fuzz::text(data, size);
    if (const auto mail = read_address(Kind::email, text)) {
        fuzz::require(mail->size() <= 254, "an address is no longer than one may be");
        fuzz::require(mail->find_first_of(" \t\r\n<>,;:()\"\\[]") == std::string::npos, "it is one address, and nothing else");
        fuzz::require(mail->find('@') == mail->rfind('@'), "it has one domain");
        fuzz::require(read_address(Kind::email, *mail) == mail, "it reads back as it is");
    }
    if (const auto hook = read_address(Kind::webhook, text)) {
        fuzz::require(net::parse_url(*hook).ok() && hook->starts_with("https://"), "it is a URL");
        fuzz::require(read_address(Kind::webhook, *hook) == hook, "it reads back as it is");
    }
    return 0;
}
