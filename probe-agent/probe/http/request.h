// What one HTTP exchange asks, and how libcurl is told.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/check/http/connection.h"
#include "lib/net/guard.h"
#include "lib/net/url.h"

namespace sonde::agent {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// What it points to must stay as it is until the exchange has ended.
struct HttpRequest {
    net::Url url;
    std::string method = "GET";
    const HttpHeaders* headers = nullptr;
    bool credentials = true;    // false: headers, names and certificates that are for the spec's own origin are left out
    bool content = true;        // false: Content-* headers are left out (a POST that became a GET)
    std::string authorization;  // the header's value; empty: none
    std::string_view body;      // not with HEAD
    bool verify = true;
    const check::HttpConnection* connection = nullptr;
    std::int64_t max_body_bytes = 0;  // decoded
    std::size_t keep_body_bytes = 0;  // of it, for assertions and as evidence
    bool follow_redirects = true;     // the body of a redirect is not read then

    // Whether the connection is one to the spec's proxy.
    [[nodiscard]] bool by_proxy() const { return !connection->proxy.empty(); }
};

// Sets everything of an easy handle that differs from request to request, whatever it was used for before. Owns what libcurl only
// points to: must outlive the transfer.
class CurlRequest {
public:
    // `address` and `port` are what the socket is connected to: the server, or the proxy.
    void apply(CURL* easy, const HttpRequest& request, const net::Address& address, int port, const std::string& ca_file);

private:
    void set_url(CURL* easy, const HttpRequest& request, const std::string& peer);
    void set_method(CURL* easy, const HttpRequest& request);
    void set_headers(CURL* easy, const HttpRequest& request);
    void add_header(const std::string& line);

    struct FreeList {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    using List = std::unique_ptr<curl_slist, FreeList>;
    List headers_;
    List connect_to_;
};

}  // namespace sonde::agent
