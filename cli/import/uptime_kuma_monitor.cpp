// The kinds of Uptime Kuma's monitors.
#include <fmt/format.h>

#include <algorithm>

#include "cli/import/uptime_kuma.h"
#include "lib/check/http/header.h"

namespace sonde::cli::import_from {
namespace {

// `["200-299", "301"]` as `200-299,301`.
std::string kuma_statuses(const Json* list, std::vector<std::string>& notes) {
    std::string text;
    if (list == nullptr || !list->is_array()) return text;
    for (const auto& item : *list) {
        const auto range = item.is_string() ? item.get<std::string>() : json::dump(item);
        const bool known = !range.empty() && range.find_first_not_of("0123456789-") == std::string::npos && range[0] >= '1' && range[0] <= '5';
        if (known) {
            text += (text.empty() ? "" : ",") + range;
        } else {
            notes.push_back("the accepted status " + range + " is not one");
        }
    }
    return text;
}

// A header's name as one of a secret.
std::string secret_name(std::string_view prefix, std::string_view name) {
    auto text = std::string(prefix);
    for (const char c : name) {
        const bool lower = c >= 'a' && c <= 'z';
        text += lower ? static_cast<char>(c & ~0x20) : (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
    }
    return text.substr(0, 64);
}

void kuma_headers(Fields& fields, Json& set, std::vector<std::string>& notes) {
    const auto* given = fields.take("headers");
    if (given == nullptr) return;
    Json headers = *given;
    if (given->is_string()) {
        if (given->get_ref<const std::string&>().empty()) return;
        const auto parsed = json::parse(given->get_ref<const std::string&>());
        if (!parsed || !parsed->is_object()) return notes.push_back("the headers are no JSON object and are not taken over");
        headers = *parsed;
    }
    if (!headers.is_object()) return notes.push_back("the headers are no JSON object and are not taken over");
    for (const auto& [name, value] : headers.items()) {
        auto text = value.is_string() ? value.get<std::string>() : json::dump(value);
        if (check::is_secret_header(name)) text = secret_reference(set, secret_name("HEADER_", name));
        set["spec"]["headers"][name] = text;
    }
}

void kuma_auth(Fields& fields, Json& set, std::vector<std::string>& notes) {
    const auto method = fields.text("authMethod");
    const auto user = fields.text("basic_auth_user");
    const auto password = fields.text("basic_auth_pass");
    fields.pass_over({"oauth_client_id", "oauth_client_secret", "oauth_token_url", "oauth_scopes", "authWorkstation", "authDomain", "oauth_audience"});
    if (method == "basic" || (method.empty() && !user.empty())) {
        if (user.empty()) return;
        set["spec"]["auth"] = {{"type", "basic"}, {"username", user}, {"password", password.empty() ? "" : secret_reference(set, "PASSWORD")}};
    } else if (method == "oauth2-cc") {
        Json auth{{"type", "oauth2"}, {"token_url", fields.text("oauth_token_url")}, {"client_id", fields.text("oauth_client_id")}};
        auth["client_secret"] = secret_reference(set, "CLIENT_SECRET");
        if (const auto scope = fields.text("oauth_scopes"); !scope.empty()) auth["scope"] = scope;
        if (fields.text("oauth_auth_method") == "client_secret_post") auth["client_in"] = "body";
        set["spec"]["auth"] = std::move(auth);
    } else if (method == "mtls") {
        set["spec"]["tls_certificate"] = fields.text("tlsCert");
        set["spec"]["tls_key"] = secret_reference(set, "TLS_KEY");
        fields.pass_over({"tlsKey"});
        if (const auto ca = fields.text("tlsCa"); !ca.empty()) set["spec"]["tls_ca"] = ca;
    } else if (!method.empty()) {
        notes.push_back("authentication by " + method + " is not taken over");
    }
}

void kuma_proxy(Fields& fields, const Json& proxies, Json& set, std::vector<std::string>& notes) {
    const auto id = fields.text("proxyId");
    if (id.empty()) return;
    for (const auto& one : proxies) {
        Fields proxy(one);
        if (proxy.text("id") != id) continue;
        const auto protocol = proxy.text("protocol");
        if (protocol != "http") return notes.push_back("a proxy that speaks " + protocol + " is not taken over");
        set["spec"]["proxy"] = fmt::format("http://{}:{}", proxy.text("host"), proxy.text("port"));
        if (!proxy.flag("auth")) return;
        set["spec"]["proxy_username"] = proxy.text("username");
        set["spec"]["proxy_password"] = secret_reference(set, "PROXY_PASSWORD");
        return;
    }
    notes.push_back("the proxy " + id + " is not in the backup");
}

void kuma_assertions(Fields& fields, const std::string& type, Json& spec, std::vector<std::string>& notes) {
    const auto keyword = fields.text("keyword");
    const bool inverted = fields.flag("invertKeyword");
    if (type == "keyword" && !keyword.empty()) spec["assertions"].push_back({{"on", "body"}, {inverted ? "not_contains" : "contains", keyword}});
    const auto path = fields.text("jsonPath");
    const auto expected = fields.text("expectedValue");
    const auto comparison = fields.text("jsonPathOperator");
    if (type != "json-query") return;
    const bool is_plain = !path.empty() && path.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$[]") == std::string::npos;
    if (!is_plain || (!comparison.empty() && comparison != "==")) {
        notes.push_back(fmt::format("the query `{}` {} `{}` is JSONata and not taken over: write an assertion on `json` with a JSONPath", path,
                                    comparison.empty() ? "==" : comparison, expected));
        return;
    }
    const auto value = json::parse(expected);
    const bool is_typed = value && (value->is_number() || value->is_boolean());
    const auto query = path == "$" ? path : path.starts_with("$") ? path : "$." + path;
    spec["assertions"].push_back({{"on", "json"}, {"path", query}, {"equals", is_typed ? *value : Json(expected)}});
    notes.push_back(fmt::format("the query `{}` was JSONata and compared as text; it is a JSONPath now, and true to types", path));
}

void kuma_http(Fields& fields, const std::string& type, const Json& proxies, Json& set, std::vector<std::string>& notes) {
    auto& spec = set["spec"];
    spec["url"] = fields.text("url");
    auto method = fields.text("method");
    std::transform(method.begin(), method.end(), method.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; });
    if (!method.empty() && method != "GET") spec["method"] = method;
    if (const auto statuses = kuma_statuses(fields.take("accepted_statuscodes"), notes); !statuses.empty() && statuses != "200-299") spec["accept_status"] = statuses;
    if (const auto most = fields.whole("maxredirects")) {
        if (*most == 0) {
            spec["follow_redirects"] = false;
        } else if (*most != 10) {
            spec["max_redirects"] = std::clamp<std::int64_t>(*most, 0, 20);
            if (*most > 20) notes.push_back(fmt::format("{} redirects were followed, and 20 are", *most));
        }
    }
    if (fields.flag("ignoreTls")) spec["tls_verify"] = false;
    spec["certificate_warn_days"] = fields.flag("expiryNotification") ? Json{21, 14, 7} : Json::array();
    kuma_headers(fields, set, notes);
    if (const auto body = fields.text("body"); !body.empty()) {
        const auto encoding = fields.text("httpBodyEncoding");
        set["spec"]["body"] = body;
        auto& headers = set["spec"]["headers"];
        const bool has_type = headers.is_object() && std::any_of(headers.items().begin(), headers.items().end(), [](const auto& one) {
            auto name = one.key();
            std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
            return name == "content-type";
        });
        if (!has_type) headers["Content-Type"] = encoding == "xml" ? "text/xml; charset=utf-8" : encoding == "form" ? "application/x-www-form-urlencoded" : "application/json";
    }
    kuma_auth(fields, set, notes);
    kuma_proxy(fields, proxies, set, notes);
    kuma_assertions(fields, type, set["spec"], notes);
}

void kuma_dns(Fields& fields, Json& spec) {
    spec["name"] = fields.text("hostname");
    if (const auto type = fields.text("dns_resolve_type"); !type.empty()) spec["type"] = type;
    auto server = fields.text("dns_resolve_server");
    const auto port = fields.whole("port").value_or(53);
    server = server.substr(0, server.find(','));
    if (server.empty()) return;
    const bool is_v6 = server.find(':') != std::string::npos;
    spec["server"] = port == 53 ? server : is_v6 ? fmt::format("[{}]:{}", server, port) : fmt::format("{}:{}", server, port);
}

}  // namespace

bool kuma_monitor(Fields& fields, const Json& proxies, Json& set, std::vector<std::string>& notes) {
    const auto type = fields.text("type");
    set["spec"] = Json::object();
    if (type == "http" || type == "keyword" || type == "json-query") {
        set["kind"] = "http";
        kuma_http(fields, type, proxies, set, notes);
    } else if (type == "port") {
        set["kind"] = "tcp";
        set["spec"] = {{"host", fields.text("hostname")}, {"port", fields.whole("port").value_or(0)}};
        fields.pass_over({"url"});
    } else if (type == "ping") {
        set["kind"] = "ping";
        set["spec"] = {{"host", fields.text("hostname")}};
        if (const auto bytes = fields.whole("packetSize"); bytes && *bytes != 56) set["spec"]["payload_bytes"] = std::clamp<std::int64_t>(*bytes, 8, 1452);
        fields.pass_over({"url"});
    } else if (type == "dns") {
        set["kind"] = "dns";
        kuma_dns(fields, set["spec"]);
        fields.pass_over({"url"});
    } else if (type == "push") {
        set["kind"] = "heartbeat";
        set["spec"] = {{"period_ms", std::clamp<std::int64_t>(fields.whole("interval").value_or(60), 1, 31'000'000) * 1000}};
        notes.emplace_back("its ping has a new address: see `heartbeat.ping_url` of the monitor; /api/push/TOKEN goes on working with the new token");
        fields.pass_over({"pushToken", "url", "timeout"});
    } else {
        return false;
    }
    fields.pass_over({"url"});
    return true;
}

}  // namespace sonde::cli::import_from
