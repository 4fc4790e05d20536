#include "probe-agent/probe/http/request.h"

#include <strings.h>

#include <new>

namespace sonde::agent {
namespace {

bool is_any_of(std::string_view header, std::initializer_list<std::string_view> names) {
    for (const auto name : names) {
        if (header.size() == name.size() && strncasecmp(header.data(), name.data(), name.size()) == 0) return true;
    }
    return false;
}

bool is_for_own_origin(std::string_view header) { return is_any_of(header, {"authorization", "cookie", "cookie2", "host"}); }
bool is_content(std::string_view header) { return is_any_of(header.substr(0, 8), {"content-"}); }

// Methods whose content is expected: without any, its length is told as 0.
bool has_content(const HttpRequest& request) {
    return !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
}

bool is_renamed(const HttpRequest& request) {
    return request.credentials && request.url.scheme == "https" && !request.connection->tls_server_name.empty();
}

std::string host_and_port(const net::Url& url) { return url.origin().substr(url.scheme.size() + 3); }

void set_blob(CURL* easy, CURLoption option, const std::string& text) {
    if (text.empty()) {
        curl_easy_setopt(easy, option, nullptr);
        return;
    }
    curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};  // NOLINT: libcurl only reads it
    curl_easy_setopt(easy, option, &blob);
}

void set_tls(CURL* easy, const HttpRequest& request, const std::string& ca_file) {
    const auto& wanted = *request.connection;
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, request.verify ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, request.verify && wanted.tls_verify_host ? 2L : 0L);
    const bool own_file = request.verify && wanted.tls_ca.empty() && !ca_file.empty();
    curl_easy_setopt(easy, CURLOPT_CAINFO, own_file ? ca_file.c_str() : nullptr);
    static const std::string none;  // libcurl is given pointers: no temporaries
    set_blob(easy, CURLOPT_CAINFO_BLOB, request.verify ? wanted.tls_ca : none);
    set_blob(easy, CURLOPT_SSLCERT_BLOB, request.credentials ? wanted.tls_certificate : none);
    set_blob(easy, CURLOPT_SSLKEY_BLOB, request.credentials ? wanted.tls_key : none);
    constexpr long versions[] = {CURL_SSLVERSION_TLSv1_0, CURL_SSLVERSION_TLSv1_1, CURL_SSLVERSION_TLSv1_2, CURL_SSLVERSION_TLSv1_3};
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, versions[static_cast<std::size_t>(wanted.tls_min_version)]);
    // The signatures of old versions are below what OpenSSL's usual level of security takes.
    const bool is_old = wanted.tls_min_version < check::TlsVersion::tls_1_2;
    curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, is_old ? "DEFAULT@SECLEVEL=0" : nullptr);
}

void set_proxy(CURL* easy, const HttpRequest& request, const std::string& peer) {
    const auto& wanted = *request.connection;
    const bool by_proxy = request.by_proxy();
    const bool known = by_proxy && !wanted.proxy_username.empty();
    curl_easy_setopt(easy, CURLOPT_PROXY, by_proxy ? ("http://" + peer).c_str() : "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, by_proxy ? "" : "*");
    curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, known ? wanted.proxy_username.c_str() : nullptr);
    curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, known ? wanted.proxy_password.c_str() : nullptr);
}

long curl_version_of(check::HttpVersion version) {
    return version == check::HttpVersion::http_1_1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS;
}

}  // namespace

void CurlRequest::apply(CURL* easy, const HttpRequest& request, const net::Address& address, int port, const std::string& ca_file) {
    const auto peer = net::with_port(address, port);
    set_url(easy, request, peer);
    set_proxy(easy, request, peer);
    set_method(easy, request);
    set_headers(easy, request);
    set_tls(easy, request, ca_file);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, curl_version_of(request.connection->version));
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, request.connection->compression ? "gzip, deflate, br" : nullptr);
}

// The host of the URL stays in Host and SNI; libcurl itself resolves nothing.
void CurlRequest::set_url(CURL* easy, const HttpRequest& request, const std::string& peer) {
    auto url = request.url;
    if (is_renamed(request)) url.host = request.connection->tls_server_name;  // `set_headers` keeps Host
    curl_easy_setopt(easy, CURLOPT_URL, url.text().c_str());
    connect_to_.reset(request.by_proxy() ? nullptr : curl_slist_append(nullptr, ("::" + peer).c_str()));
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to_.get());
}

void CurlRequest::set_method(CURL* easy, const HttpRequest& request) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    const char* custom = nullptr;
    if (request.method == "HEAD") {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (has_content(request)) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
        if (request.method != "POST") custom = request.method.c_str();
    } else if (request.method != "GET") {
        custom = request.method.c_str();
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, custom);
}

void CurlRequest::add_header(const std::string& line) {
    auto* list = curl_slist_append(headers_.get(), line.c_str());
    if (list == nullptr) throw std::bad_alloc();
    static_cast<void>(headers_.release());
    headers_.reset(list);
}

void CurlRequest::set_headers(CURL* easy, const HttpRequest& request) {
    headers_.reset();
    bool has_type = false;
    bool has_host = false;
    for (const auto& [name, value] : *request.headers) {
        if (!request.credentials && is_for_own_origin(name)) continue;
        if (!request.content && is_content(name)) continue;
        has_type = has_type || is_any_of(name, {"content-type"});
        has_host = has_host || is_any_of(name, {"host"});
        add_header(value.empty() ? name + ';' : name + ": " + value);  // the semicolon is how libcurl is told of an empty value
    }
    if (is_renamed(request) && !has_host) add_header("Host: " + host_and_port(request.url));
    if (!request.authorization.empty()) add_header("Authorization: " + request.authorization);
    if (has_content(request)) {
        add_header("Expect:");
        if (!has_type) add_header("Content-Type:");  // none rather than libcurl's guess
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
}

}  // namespace sonde::agent
