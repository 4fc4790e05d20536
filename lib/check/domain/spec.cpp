#include "lib/check/domain/spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/check/host.h"
#include "lib/net/guard.h"
#include "lib/net/url.h"

namespace sonde::check {
namespace {

constexpr std::size_t kMaxUrl = 1024;
constexpr std::size_t kMaxList = 20;

void read_domain(json::Reader& in, DomainSpec& spec) {
    std::string name;
    if (!read_host(in, "domain", name)) return;
    while (name.ends_with('.')) name.pop_back();
    if (net::Address::parse(name) || name.find('.') == std::string::npos) return in.refuse("domain", "must be a domain of two labels or more, as example.com");
    spec.domain = std::move(name);
}

void read_server(json::Reader& in, DomainSpec& spec) {
    std::string text;
    if (!in.text("rdap_server", text, {.max = kMaxUrl}) || text.empty()) return;
    const auto url = net::parse_url(text);
    if (!url) return in.refuse("rdap_server", url.error().message);
    if (url->has_userinfo || url->has_fragment || !url->query.empty() || !text.ends_with('/')) {
        return in.refuse("rdap_server", "must be a base URL that ends in /, without user name, query and fragment");
    }
    spec.rdap_server = std::move(text);
}

void read_nameservers(json::Reader& in, DomainSpec& spec) {
    const auto* list = in.array("nameservers", kMaxList);
    if (list == nullptr) return;
    for (const auto& item : *list) {
        const Json one{{"name", item}};
        json::Problems wrong;
        json::Reader reader(one, "", wrong);
        std::string name;
        if (!read_host(reader, "name", name)) return in.refuse("nameservers", "must be host names");
        if (name.ends_with('.')) name.pop_back();
        if (std::find(spec.nameservers.begin(), spec.nameservers.end(), name) != spec.nameservers.end()) {
            return in.refuse("nameservers", "must not name one twice");
        }
        spec.nameservers.push_back(std::move(name));
    }
}

}  // namespace

std::string plain_status(std::string_view status) {
    std::string plain;
    for (const char c : status) {
        if (c >= 'A' && c <= 'Z') plain += static_cast<char>(c - 'A' + 'a');
        else if (c != ' ') plain += c;
    }
    return plain;
}

void read(DomainSpec& spec, json::Reader& in, json::Problems& /*problems*/) {
    in.require({"domain"});
    read_domain(in, spec);
    read_server(in, spec);
    in.whole("warn_days", spec.warn_days, 0, 3650);
    spec.critical_days = std::min(spec.critical_days, spec.warn_days);
    if (in.whole("critical_days", spec.critical_days, 0, 3650) && spec.critical_days > spec.warn_days) {
        in.refuse("critical_days", "must not be more than warn_days");
    }
    in.text("registrar", spec.registrar, {.max = 200});
    read_nameservers(in, spec);
    in.texts("bad_statuses", spec.bad_statuses, kMaxList, {.min = 1, .max = 100});
}

Json write(const DomainSpec& spec) {
    return {{"domain", spec.domain},
            {"rdap_server", spec.rdap_server},
            {"warn_days", spec.warn_days},
            {"critical_days", spec.critical_days},
            {"registrar", spec.registrar},
            {"nameservers", spec.nameservers},
            {"bad_statuses", spec.bad_statuses}};
}

Endpoint endpoint(const DomainSpec& spec) { return {spec.domain, 0}; }

}  // namespace sonde::check
