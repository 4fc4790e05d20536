#include "probe-agent/blackbox/module.h"

#include <algorithm>
#include <array>

namespace sonde::agent::blackbox {
namespace {

constexpr const char* kHidden = "***";

Json texts(const std::vector<Expression>& expressions) {
    Json list = Json::array();
    for (const auto& expression : expressions) list.push_back(expression.text);
    return list;
}

Json write(const DnsDemands::Records& records) {
    return {{"fail_if_matches_regexp", texts(records.none_matches)},
            {"fail_if_not_matches_regexp", texts(records.all_match)},
            {"fail_if_none_matches_regexp", texts(records.one_of)}};
}

void hide_member(Json& object, const char* name) {
    if (object.contains(name) && object[name] != "") object[name] = kHidden;
}

Json without_secrets(Json spec) {
    hide_member(spec, "tls_key");
    if (spec.contains("auth")) {
        for (const auto* name : {"password", "token", "client_secret"}) hide_member(spec["auth"], name);
    }
    if (spec.contains("headers")) {
        for (auto& [name, value] : spec["headers"].items()) {
            if (is_confidential(name)) value = kHidden;
        }
    }
    return spec;
}

}  // namespace

check::Kind kind_of(Prober prober) {
    switch (prober) {
        case Prober::http: return check::Kind::http;
        case Prober::tcp: return check::Kind::tcp;
        case Prober::dns: return check::Kind::dns;
        case Prober::icmp: return check::Kind::ping;
        case Prober::grpc: return check::Kind::grpc;
    }
    return check::Kind::http;
}

bool is_confidential(const std::string& header) {
    constexpr std::array<std::string_view, 7> kMarks{"auth", "cookie", "token", "key", "secret", "password", "session"};
    std::string name = header;
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return std::any_of(kMarks.begin(), kMarks.end(), [&](std::string_view mark) { return name.find(mark) != std::string::npos; });
}

Json describe(const Module& module) {
    Json document{{"module", module.name},
                  {"prober", name_of(module.prober)},
                  {"timeout_ms", module.timeout.count()},
                  {"preferred_ip_protocol", module.preference.ipv6 ? "ip6" : "ip4"},
                  {"ip_protocol_fallback", module.preference.falls_back},
                  {"spec", without_secrets(module.spec)}};
    if (module.prober == Prober::http) {
        document["fail_if_ssl"] = module.http.fail_if_tls;
        document["fail_if_not_ssl"] = module.http.fail_if_no_tls;
        document["valid_http_versions"] = module.http.versions;
        document["content_encoding"] = module.http.content_encoding;
        document["assertions_of_optional_headers"] = module.http.optional_headers;
    }
    if (module.prober == Prober::dns) {
        document["valid_rcodes"] = module.dns.rcodes;
        document["validate_answer_rrs"] = write(module.dns.answers);
    }
    return document;
}

}  // namespace sonde::agent::blackbox
