#include "lib/check/host.h"

#include "lib/check/dns/record.h"

namespace sonde::check {

void read_host(json::Reader& in, std::string& host) {
    std::string text;
    if (!in.text("host", text, {.min = 1, .max = 254})) return;
    const bool is_name = text != "." && canonical_name(text) && text.find_first_of("\\\":/[]@") == std::string::npos;
    if (!is_name && !net::Address::parse(text)) {
        return in.refuse("host", "must be a name of ASCII characters, or an address without brackets and without a port");
    }
    host = std::move(text);
}

}  // namespace sonde::check
