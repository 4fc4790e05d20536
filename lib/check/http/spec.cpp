#include "lib/check/http/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/check/header_fields.h"
#include "lib/check/http/assertion_reader.h"
#include "lib/net/url.h"

namespace sonde::check {
namespace {

constexpr std::size_t kMaxUrl = 2048;
constexpr std::size_t kMaxBody = 64 * 1024;

// What the connection is made of, and what the probe sets itself.
const HeaderRule kHeaders{.refused = {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
                                      "upgrade", "transfer-encoding", "content-length", "expect"}};

void read_http_url(json::Reader& in, HttpSpec& spec) {
    std::string text;
    if (!in.text("url", text, {.min = 1, .max = kMaxUrl})) return;
    const auto url = net::parse_url(text);
    if (!url) return in.refuse("url", url.error().message);
    if (url->has_userinfo) return in.refuse("url", "must not contain a user name or password: use an Authorization header");
    if (url->has_fragment) return in.refuse("url", "must not contain a fragment: it is never sent");
    spec.url = std::move(text);
}

void read_accept_status(json::Reader& in, HttpSpec& spec) {
    std::string text;
    if (!in.text("accept_status", text, {.min = 1, .max = 400})) return;
    auto set = StatusSet::parse(text);
    if (!set) return in.refuse("accept_status", set.error().message);
    spec.accept_status = std::move(*set);
}

void read_method(json::Reader& in, HttpSpec& spec) {
    if (!in.text("method", spec.method, {.min = 1, .max = 32})) return;
    const bool is_upper = std::none_of(spec.method.begin(), spec.method.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (!is_token(spec.method) || !is_upper) return in.refuse("method", "must be a method in upper case, as GET, POST or PROPFIND");
    if (spec.method == "CONNECT") in.refuse("method", "must not be CONNECT, which is for proxies");
}

const std::string* find_header(const HttpSpec& spec, std::string_view name) {
    for (const auto& [given, value] : spec.headers) {
        if (lower_case(given) == name) return &value;
    }
    return nullptr;
}

void read_request_side(json::Reader& in, HttpSpec& spec, json::Problems& problems) {
    read_auth(in, spec.auth, problems);
    if (spec.auth.type != HttpAuthType::none && find_header(spec, "authorization") != nullptr)
        in.refuse("auth", "cannot go with a header Authorization");
    if (const auto* host = find_header(spec, "host"); host != nullptr) {
        if (host->empty() || host->find_first_of(" \t/?#@,") != std::string::npos)
            in.refuse("headers", "must have a host name in Host, and may have a port there");
    }
    read_connection(in, spec.url, spec.connection);
}

}  // namespace

void read(HttpSpec& spec, json::Reader& in, json::Problems& problems) {
    in.require({"url"});
    read_http_url(in, spec);
    read_method(in, spec);
    read_header_fields(in, "headers", spec.headers, kHeaders, problems);
    in.text("body", spec.body, {.max = kMaxBody, .multi_line = true});
    if (!spec.body.empty() && spec.method == "HEAD") in.refuse("body", "is not sent with the method HEAD");
    in.boolean("follow_redirects", spec.follow_redirects);
    in.whole("max_redirects", spec.max_redirects, 0, 20);
    in.boolean("tls_verify", spec.tls_verify);
    read_accept_status(in, spec);
    in.whole("max_body_bytes", spec.max_body_bytes, std::int64_t{0}, std::int64_t{10} << 20U);
    read_assertions(in, spec, problems);
    read_request_side(in, spec, problems);
}

Json write(const HttpSpec& spec) {
    Json assertions = Json::array();
    for (const auto& assertion : spec.assertions) assertions.push_back(write(assertion));
    Json document{{"url", spec.url},
                  {"method", spec.method},
                  {"headers", write_header_fields(spec.headers)},
                  {"body", spec.body},
                  {"follow_redirects", spec.follow_redirects},
                  {"max_redirects", spec.max_redirects},
                  {"tls_verify", spec.tls_verify},
                  {"accept_status", spec.accept_status.text()},
                  {"max_body_bytes", spec.max_body_bytes},
                  {"auth", write_auth(spec.auth)}};
    write_connection(spec.connection, document);
    document["certificate_warn_days"] = spec.certificate_warn_days.days;
    document["assertions"] = std::move(assertions);
    return document;
}

bool needs_body(const HttpSpec& spec) {
    return std::any_of(spec.assertions.begin(), spec.assertions.end(), [](const auto& assertion) { return assertion.needs_body(); });
}

Endpoint endpoint(const HttpSpec& spec) {
    const auto url = net::parse_url(spec.url);
    return url ? Endpoint{url->host, url->port} : Endpoint{};
}

}  // namespace sonde::check
