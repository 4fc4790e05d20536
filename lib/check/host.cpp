#include "lib/check/host.h"

#include <fmt/format.h>

#include "lib/net/url.h"

namespace sonde::check {

bool read_host(json::Reader& in, std::string_view field, std::string& target) {
    constexpr std::string_view refusal = "must be a host name or an address, without brackets and port";
    std::string text;
    if (!in.text(field, text, {.min = 1, .max = 253})) return false;
    // What would be another part of the URL that it is read as.
    const bool is_plain = text.find_first_of("/?#@[]%\\") == std::string::npos;
    const bool is_ipv6 = text.find(':') != std::string::npos;
    const auto url = net::parse_url(is_ipv6 ? fmt::format("http://[{}]/", text) : fmt::format("http://{}/", text));
    if (!is_plain || !url) {
        in.refuse(field, std::string(refusal));
        return false;
    }
    target = url->host;
    return true;
}

void read_server_name(json::Reader& in, std::string_view field, std::string& target) {
    const auto* value = in.value(field);
    if (value == nullptr || (value->is_string() && value->get_ref<const std::string&>().empty())) return;
    read_host(in, field, target);
}

}  // namespace sonde::check
