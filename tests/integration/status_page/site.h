// Status pages served over real HTTP, from pages that the test sets.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "controlplane/status_page/serve/visits.h"
#include "lib/http/server.h"
#include "tests/integration/http/raw_client.h"
#include "tests/integration/status_page/fake_pages.h"
#include "tests/unit/status_page/sample.h"

namespace sonde::test {

struct SiteOptions {
    status_page::serve::ServeOptions serve{.public_url = "", .proxies = {}, .hashing = {8, 1}};
    controlplane::RateLimits limits{};
    http::ServerOptions server{};
};

using SentHeaders = std::vector<std::string>;  // `Name: value`

// The server's own host has `/own` besides, as the API has its paths, and `/own/{slug}`, where whoever may see the page by other means listens to it.
struct Site {
    explicit Site(SiteOptions options = {})
        : limits(options.limits, metrics), visits(pages, crypto::SecretBox(std::string(32, 'k')), limits, std::move(options.serve), metrics) {
        router.add(http::Method::get, "/own", [](const http::Request&) { return http::Response::text("own"); });
        router.add(http::Method::get, "/own/{slug}", [this](const http::Request& request) { return visits.listen_to(request, request.parameters.at("slug"), nullptr); });
        visits.add_routes(router);
        server = std::make_unique<http::Server>(std::move(options.server), router, metrics);
    }

    [[nodiscard]] RawAnswer send(const std::string& method, const std::string& target, const SentHeaders& headers = {}, const std::string& body = {}) const {
        RawClient client(server->port());
        client.send(text(method, target, headers, body));
        return client.receive(method == "HEAD");
    }
    [[nodiscard]] RawAnswer get(const std::string& target, const SentHeaders& headers = {}) const { return send("GET", target, headers); }

    // A host may be among the headers.
    [[nodiscard]] static std::string text(const std::string& method, const std::string& target, const SentHeaders& headers = {}, const std::string& body = {}) {
        auto text = fmt::format("{} {} HTTP/1.1\r\n", method, target);
        bool hosted = false;
        for (const auto& header : headers) {
            text += header + "\r\n";
            hosted = hosted || header.starts_with("Host:");
        }
        if (!hosted) text += "Host: sonde.example\r\n";
        if (!body.empty()) text += fmt::format("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", body.size());
        return text + "\r\n" + body;
    }

    metrics::Registry metrics;
    FakePages pages;
    controlplane::RateLimiter limits;
    http::Router router;
    status_page::serve::Visits visits;
    std::unique_ptr<http::Server> server;
};

// The sample, as if it were made now.
inline status_page::Page fresh_page(const std::string& slug = "acme") {
    status_page::Page page;
    page.slug = slug;
    page.snapshot = sample_page();
    page.snapshot.slug = slug;
    page.snapshot.made_at = wall_now();
    return page;
}

}  // namespace sonde::test
