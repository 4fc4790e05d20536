// The kinds of Gatus's endpoints, which the beginnings of their URLs tell.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "cli/import/gatus.h"
#include "cli/import/gatus_condition.h"
#include "lib/base/duration.h"
#include "lib/check/http/header.h"

namespace sonde::cli::import_from {
namespace {

struct Conditions {
    std::vector<std::pair<std::string, Condition>> all;  // as written, and parsed
};

Conditions conditions_of(Fields& fields, std::vector<std::string>& notes) {
    Conditions found;
    const auto* list = fields.take("conditions");
    if (list == nullptr || !list->is_array()) return found;
    for (const auto& item : *list) {
        const auto text = item.is_string() ? item.get<std::string>() : json::dump(item);
        auto condition = parse_condition(text);
        if (condition) {
            found.all.emplace_back(text, std::move(*condition));
        } else {
            notes.push_back(fmt::format("the condition `{}` is not taken over: {}", text, condition.error().message));
        }
    }
    return found;
}

struct HostPort {
    std::string host;
    int port = 0;
};

// `host:port`, without what follows a slash.
HostPort host_and_port(std::string_view text) {
    text = text.substr(0, text.find('/'));
    const auto colon = text.rfind(':');
    HostPort parts{std::string(text.substr(0, colon)), 0};
    if (text.ends_with(']') || colon == std::string_view::npos) {
        parts.host = text;
    } else {
        std::from_chars(text.data() + colon + 1, text.data() + text.size(), parts.port);
    }
    if (parts.host.starts_with('[') && parts.host.ends_with(']')) parts.host = parts.host.substr(1, parts.host.size() - 2);
    return parts;
}

void gatus_client(Fields& fields, bool is_http, Json& set, std::vector<std::string>& notes, std::optional<std::int64_t>& timeout) {
    const auto* given = fields.take("client");
    if (given == nullptr) return;
    Fields client(*given);
    if (const auto text = client.text("timeout"); !text.empty()) {
        if (const auto duration = parse_duration(text)) timeout = duration->count();
    }
    if (is_http) {
        auto& spec = set["spec"];
        if (client.flag("insecure")) spec["tls_verify"] = false;
        if (client.flag("ignore-redirect")) spec["follow_redirects"] = false;
        if (const auto proxy = client.text("proxy-url"); !proxy.empty()) spec["proxy"] = proxy;
        if (auto resolver = client.text("dns-resolver"); !resolver.empty()) {
            const auto mark = resolver.find("://");
            spec["resolver"] = mark == std::string::npos ? resolver : resolver.substr(mark + 3);
        }
        if (const auto* oauth = client.take("oauth2"); oauth != nullptr) {
            Fields of(*oauth);
            Json auth{{"type", "oauth2"}, {"token_url", of.text("token-url")}, {"client_id", of.text("client-id")}};
            auth["client_secret"] = secret_reference(set, "CLIENT_SECRET");
            of.pass_over({"client-secret"});
            if (const auto* scopes = of.take("scopes"); scopes != nullptr && scopes->is_array()) {
                std::string joined;
                for (const auto& scope : *scopes) joined += (joined.empty() ? "" : " ") + (scope.is_string() ? scope.get<std::string>() : json::dump(scope));
                auth["scope"] = joined;
            }
            of.tell_the_rest(notes);
            set["spec"]["auth"] = std::move(auth);
        }
    }
    std::vector<std::string> rest;
    client.tell_the_rest(rest);
    for (const auto& note : rest) notes.push_back("of the client, " + note);
}

void gatus_headers(Fields& fields, Json& set) {
    const auto* headers = fields.take("headers");
    if (headers == nullptr || !headers->is_object()) return;
    for (const auto& [name, value] : headers->items()) {
        auto text = value.is_string() ? value.get<std::string>() : json::dump(value);
        const bool from_variable = text.find("${") != std::string::npos;
        if (check::is_secret_header(name) && !from_variable) {
            std::string secret = "HEADER_";
            for (const char c : name) secret += c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
            text = secret_reference(set, secret.substr(0, 64));
        }
        set["spec"]["headers"][name] = text;
    }
}

void gatus_http(Fields& fields, const std::string& url, const Conditions& conditions, Json& set, std::vector<std::string>& notes) {
    set["kind"] = "http";
    set["spec"]["url"] = url;
    if (const auto method = fields.text("method"); !method.empty() && method != "GET") set["spec"]["method"] = method;
    gatus_headers(fields, set);
    const auto body = fields.text("body");
    if (fields.flag("graphql")) {
        set["spec"]["body"] = json::dump(Json{{"query", body}});
        if (!set["spec"].contains("headers") || !set["spec"]["headers"].contains("Content-Type")) set["spec"]["headers"]["Content-Type"] = "application/json";
    } else if (!body.empty()) {
        set["spec"]["body"] = body;
    }
    Statuses statuses;
    statuses.fill(true);
    Json assertions = Json::array();
    for (const auto& [text, condition] : conditions.all) {
        if (condition.on != Placeholder::domain_expiration) assert_http(condition, text, statuses, assertions, notes);
    }
    const auto ranges = ranges_of(statuses);
    if (ranges.empty()) {
        notes.emplace_back("its conditions on [STATUS] exclude each other: 200-299 are accepted");
    } else if (ranges != "200-299") {
        set["spec"]["accept_status"] = ranges;
    }
    if (!assertions.empty()) set["spec"]["assertions"] = std::move(assertions);
}

// Of the kinds that have no assertions: what the check itself is about holds, the rest is told.
void settle_conditions(const Conditions& conditions, const char* kind, Json& spec, std::vector<std::string>& notes) {
    const std::string_view of = kind;
    for (const auto& [text, condition] : conditions.all) {
        const bool literal = condition.form == Condition::Form::literal && condition.function == Function::none;
        const auto& value = condition.values.front();
        const bool equal = condition.comparison == Comparison::equal;
        bool taken = condition.on == Placeholder::domain_expiration || (condition.on == Placeholder::connected && equal && value == "true");
        if (of == "dns" && condition.on == Placeholder::dns_rcode && literal && equal) {
            spec["rcode"] = value;
            taken = true;
        } else if (of == "dns" && condition.on == Placeholder::body && condition.path.empty() && equal && condition.function == Function::none) {
            if (condition.form == Condition::Form::literal) {
                spec["answers"]["contains"].push_back(value);
            } else if (condition.form == Condition::Form::pattern) {
                spec["answers"]["matches"].push_back(regex_of(value));
            } else {
                std::string any;
                for (const auto& one : condition.values) any += (any.empty() ? "^(?:" : "|") + escape_regex(one);
                spec["answers"]["matches"].push_back(any + ")$");
            }
            taken = true;
        } else if (of == "tls" && condition.on == Placeholder::certificate_expiration && literal &&
                   (condition.comparison == Comparison::greater || condition.comparison == Comparison::at_least)) {
            if (const auto days = days_in(value); days && *days <= 825) {
                spec["critical_days"] = *days;
                spec["warn_days"] = std::max(30, *days);
                taken = true;
            }
        } else if ((of == "ping" || of == "udp") && condition.on == Placeholder::response_time && literal && condition.comparison == Comparison::less) {
            std::int64_t ms = 0;
            std::from_chars(value.data(), value.data() + value.size(), ms);
            if (of == "ping" && ms >= 1 && ms <= 10'000) {
                spec["max_rtt_ms"] = ms;
                taken = true;
            }
        }
        if (!taken) notes.push_back(fmt::format("the condition `{}` is not taken over", text));
    }
}

// The last two labels of a host: which is wrong of co.uk, and told.
Json domain_monitor(const Conditions& conditions, const std::string& host, const std::string& name, std::vector<std::string>& notes) {
    for (const auto& [text, condition] : conditions.all) {
        if (condition.on != Placeholder::domain_expiration) continue;
        const auto days = condition.values.empty() ? std::nullopt : days_in(condition.values.front());
        const auto last = host.rfind('.');
        const bool lasts = condition.comparison == Comparison::greater || condition.comparison == Comparison::at_least;
        if (!days || !lasts || *days > 3650 || last == std::string::npos || last == 0 || host.find_first_not_of("0123456789.") == std::string::npos) {
            notes.push_back(fmt::format("the condition `{}` is not taken over", text));
            continue;
        }
        const auto before = host.rfind('.', last - 1);
        const auto domain = before == std::string::npos ? host : host.substr(before + 1);
        return {{"name", name + " (domain)"}, {"kind", "domain"}, {"interval_ms", 86'400'000}, {"spec", {{"domain", domain}, {"critical_days", *days}, {"warn_days", std::max(30, *days)}}}};
    }
    return {};
}

bool by_scheme(Fields& fields, const std::string& url, const Conditions& conditions, Json& set, std::vector<std::string>& notes, std::string& host) {
    const auto mark = url.find("://");
    const auto scheme = url.substr(0, mark == std::string::npos ? 0 : mark);
    const auto rest = mark == std::string::npos ? url : url.substr(mark + 3);
    const auto parts = host_and_port(rest);
    host = parts.host;
    set["kind"] = "http";
    set["spec"] = Json::object();
    const auto be = [&](const char* kind) { set["kind"] = kind; };
    auto& spec = set["spec"];  // nothing is put into `set` itself while it is used
    if (const auto* dns = fields.take("dns"); dns != nullptr) {
        be("dns");
        Fields query(*dns);
        spec["name"] = query.text("query-name");
        if (const auto type = query.text("query-type"); !type.empty()) spec["type"] = type;
        spec["server"] = rest;
        host = query.text("query-name");
        query.tell_the_rest(notes);
        settle_conditions(conditions, "dns", spec, notes);
    } else if (scheme == "http" || scheme == "https") {
        gatus_http(fields, url, conditions, set, notes);
    } else if (scheme == "icmp") {
        be("ping");
        spec["host"] = rest;
        host = rest;
        settle_conditions(conditions, "ping", spec, notes);
    } else if (scheme == "tcp" || scheme == "udp") {
        be(scheme.c_str());
        spec["host"] = parts.host;
        spec["port"] = parts.port;
        const auto body = fields.text("body");
        if (!body.empty() && scheme == "tcp") spec["dialogue"] = Json::array({Json{{"send", body}}});
        if (!body.empty() && scheme == "udp") spec["send"] = body;
        settle_conditions(conditions, scheme.c_str(), spec, notes);
    } else if (scheme == "tls" || scheme == "starttls") {
        be("tls");
        spec["host"] = parts.host;
        spec["port"] = parts.port;
        if (scheme == "starttls") spec["starttls"] = "smtp";
        settle_conditions(conditions, "tls", spec, notes);
    } else if (scheme == "ws" || scheme == "wss") {
        be("websocket");
        spec["url"] = url;
        if (const auto body = fields.text("body"); !body.empty()) spec["send"] = body;
        settle_conditions(conditions, "websocket", spec, notes);
    } else if (scheme == "ssh") {
        be("banner");
        spec["host"] = parts.host;
        spec["protocol"] = "ssh";
        if (parts.port > 0) spec["port"] = parts.port;
        settle_conditions(conditions, "banner", spec, notes);
    } else if (scheme == "grpc" || scheme == "grpcs") {
        be("grpc");
        spec["host"] = parts.host;
        spec["port"] = parts.port;
        if (scheme == "grpcs") spec["tls"] = true;
        settle_conditions(conditions, "grpc", spec, notes);
    } else {
        notes.push_back(fmt::format("there is no check of `{}`", url));
        return false;
    }
    return true;
}

}  // namespace

bool gatus_endpoint(Fields& fields, Json& set, Json& domain, std::vector<std::string>& notes) {
    const auto url = fields.text("url");
    const auto conditions = conditions_of(fields, notes);
    std::string host;
    if (!by_scheme(fields, url, conditions, set, notes, host)) return false;
    const bool is_http = set["kind"] == "http";
    std::optional<std::int64_t> timeout;
    gatus_client(fields, is_http, set, notes, timeout);
    const auto interval_text = fields.text("interval");
    const auto interval = parse_duration(interval_text);
    if (!interval_text.empty() && !interval) notes.push_back("the interval `" + interval_text + "` is not taken over");
    set_times(set, interval ? std::optional(static_cast<std::int64_t>(interval->count())) : std::nullopt, timeout, notes);
    domain = domain_monitor(conditions, host, set["name"].get<std::string>(), notes);
    return true;
}

}  // namespace sonde::cli::import_from
