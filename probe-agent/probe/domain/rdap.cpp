#include "probe-agent/probe/domain/rdap.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/check/header_fields.h"
#include "lib/json/json.h"
#include "lib/net/url.h"

namespace sonde::agent {
namespace {

constexpr std::size_t kMaxServers = 50;    // name servers of a domain
constexpr std::size_t kMaxStatuses = 50;
constexpr std::size_t kMaxNodes = 200;     // entities and events looked at
constexpr std::size_t kMaxText = 512;

const Json kNothing = Json::array();

// The member of an object that is an array; an empty one if it is anything else.
const Json& list_of(const Json& object, const char* name) {
    const auto found = object.is_object() ? object.find(name) : object.end();
    return object.is_object() && found != object.end() && found->is_array() ? *found : kNothing;
}

std::string text_of(const Json& object, const char* name) {
    if (!object.is_object()) return {};
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get_ref<const std::string&>().substr(0, kMaxText) : std::string();
}

std::string host_of(std::string_view name) {
    auto host = check::lower_case(name);
    while (host.ends_with('.')) host.pop_back();
    return host;
}

// Of several servers one that is asked by TLS.
std::string best_of(const Json& urls) {
    std::string best;
    for (const auto& url : urls) {
        if (!url.is_string()) continue;
        auto text = url.get<std::string>();
        const auto parsed = net::parse_url(text);
        if (!parsed || parsed->has_userinfo || parsed->has_fragment || !parsed->query.empty()) continue;
        if (!text.ends_with('/')) text += '/';
        if (best.empty() || (parsed->scheme == "https" && !best.starts_with("https"))) best = std::move(text);
    }
    return best;
}

// `["vcard", [["fn", {}, "text", "Good Names, Inc."], …]]`, RFC 7095.
std::string name_in_vcard(const Json& card) {
    if (card.size() < 2 || !card[1].is_array()) return {};
    for (const auto& property : card[1]) {
        if (property.is_array() && property.size() >= 4 && property[0] == "fn" && property[3].is_string()) {
            return property[3].get_ref<const std::string&>().substr(0, kMaxText);
        }
    }
    return {};
}

std::string registrar_in(const Json& document) {
    const auto& entities = list_of(document, "entities");
    for (std::size_t i = 0; i < entities.size() && i < kMaxNodes; ++i) {
        const auto& roles = list_of(entities[i], "roles");
        if (std::none_of(roles.begin(), roles.end(), [](const Json& role) { return role == "registrar"; })) continue;
        auto name = name_in_vcard(list_of(entities[i], "vcardArray"));
        return name.empty() ? text_of(entities[i], "handle") : name;
    }
    return {};
}

void read_events(const Json& document, check::DomainFacts& facts) {
    const auto& events = list_of(document, "events");
    for (std::size_t i = 0; i < events.size() && i < kMaxNodes; ++i) {
        const auto action = text_of(events[i], "eventAction");
        const auto at = from_rfc3339(text_of(events[i], "eventDate"));
        if (!at) continue;
        if (action == "expiration") facts.expires = at;
        if (action == "registration") facts.registered_at = at;
        if (action == "last changed") facts.changed_at = at;
    }
}

// By its name, or by the one that people read; a server that answers about another domain is not believed.
bool is_about(const Json& document, std::string_view domain) {
    if (host_of(text_of(document, "ldhName")) == domain) return true;
    const auto unicode = text_of(document, "unicodeName");
    if (unicode.empty()) return false;
    const auto url = net::parse_url(fmt::format("http://{}/", host_of(unicode)));
    return url && url->host == domain;
}

}  // namespace

Result<RdapServers> RdapServers::parse(std::string_view text) {
    const auto document = json::parse(text, {.bytes = kMaxBytes, .depth = 16, .duplicates = json::Duplicates::last_counts});
    if (!document) return Error{document.error().message};
    RdapServers servers;
    for (const auto& service : list_of(*document, "services")) {
        if (!service.is_array() || service.size() != 2 || !service[0].is_array() || !service[1].is_array()) continue;
        const auto url = best_of(service[1]);
        if (url.empty()) continue;
        for (const auto& entry : service[0]) {
            if (!entry.is_string() || servers.by_suffix_.size() >= kMaxEntries) continue;
            servers.by_suffix_.emplace(host_of(entry.get_ref<const std::string&>()), url);
        }
    }
    if (servers.by_suffix_.empty()) return Error{"names no server"};
    return servers;
}

std::string RdapServers::find(std::string_view domain) const {
    while (true) {
        if (const auto known = by_suffix_.find(std::string(domain)); known != by_suffix_.end()) return known->second;
        const auto dot = domain.find('.');
        if (dot == std::string_view::npos) return {};
        domain.remove_prefix(dot + 1);
    }
}

Result<check::DomainFacts> read_registration(std::string_view text, std::string_view domain) {
    const auto document = json::parse(text, {.bytes = kMaxRdapBytes, .depth = 32, .duplicates = json::Duplicates::last_counts});
    if (!document) return Error{document.error().message};
    if (text_of(*document, "objectClassName") != "domain") return Error{"is not about a domain"};
    if (!is_about(*document, domain)) return Error{fmt::format("is about another domain: {}", text_of(*document, "ldhName"))};
    check::DomainFacts facts;
    facts.registered = true;
    read_events(*document, facts);
    facts.registrar = registrar_in(*document);
    for (const auto& status : list_of(*document, "status")) {
        if (status.is_string() && facts.statuses.size() < kMaxStatuses) facts.statuses.push_back(status.get_ref<const std::string&>().substr(0, kMaxText));
    }
    for (const auto& server : list_of(*document, "nameservers")) {
        auto name = host_of(text_of(server, "ldhName"));
        if (!name.empty() && facts.nameservers.size() < kMaxServers) facts.nameservers.push_back(std::move(name));
    }
    const auto dns = document->find("secureDNS");
    if (dns != document->end() && dns->is_object()) {
        const auto is_signed = dns->find("delegationSigned");
        if (is_signed != dns->end() && is_signed->is_boolean()) facts.is_signed = is_signed->get<bool>();
    }
    return facts;
}

bool is_rdap_not_found(std::string_view content_type, std::string_view text) {
    if (check::lower_case(content_type).starts_with("application/rdap+json")) return true;
    const auto document = json::parse(text, {.bytes = kMaxRdapBytes, .depth = 32, .duplicates = json::Duplicates::last_counts});
    if (!document || !document->is_object()) return false;
    const auto code = document->find("errorCode");
    return code != document->end() && code->is_number_integer() && *code == 404;
}

}  // namespace sonde::agent
