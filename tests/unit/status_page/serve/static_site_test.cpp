#include "controlplane/status_page/serve/static_site.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "controlplane/status_page/serve/document.h"
#include "tests/unit/status_page/poison.h"

namespace serve_static_site_test {

using namespace sonde;
using namespace sonde::status_page;
using serve::static_site;

namespace {

constexpr std::string_view kAddress = "https://status.acme.example/";

}  // namespace

TEST_CASE("a page as files has all that is served") {
    const auto page = test::sample_page();
    const auto files = static_site(page, kAddress, page.made_at);
    for (const auto* name : {"index.html", "feeds/index.html", "incidents/inc_06ht3e8gt0000/index.html", "maintenance/mnt_06ht3e8gt0002-1/index.html", "history/2026-03/index.html",
                             "history/2025-12/index.html", "index.json", "feed.rss", "feed.atom",
                             "feed.json", "components/api/feed.atom", "components/search/feed.json", "api/v2/summary.json",
                             "api/v2/incidents/unresolved.json", "badge/state.svg", "badge/api/uptime.svg", "widget.html", "widget.js"}) {
        CAPTURE(name);
        CHECK(files.contains(name));
    }
    CHECK_FALSE(files.contains("history/2025-11/index.html"));
    CHECK_FALSE(files.contains("badge/search/response-time.svg"));
    CHECK(files.at("feed.rss") == serve::make(page, {"feed.rss", "/", std::string(kAddress), 0})->body);
}

TEST_CASE("every link of a page leads to a file") {
    const auto page = test::sample_page();
    const auto files = static_site(page, kAddress, page.made_at);
    int followed = 0;
    for (const auto& [name, text] : files) {
        if (!name.ends_with("index.html")) continue;
        const auto depth = static_cast<std::size_t>(std::count(name.begin(), name.end(), '/'));
        for (auto at = text.find("href=\""); at != std::string::npos; at = text.find("href=\"", at + 1)) {
            auto to = text.substr(at + 6, text.find('"', at + 6) - at - 6);
            if (to.starts_with("https:") || to.starts_with("data:") || to.starts_with("#")) continue;
            CAPTURE(name);
            CAPTURE(to);
            const std::string up = depth == 0 ? "./" : depth == 1 ? "../" : depth == 2 ? "../../" : "?";
            REQUIRE(to.starts_with(up));
            to.erase(0, up.size());
            to.resize(std::min(to.find('#'), to.size()));
            CHECK((files.contains(to) || files.contains(to.empty() ? "index.html" : to + "/index.html")));
            ++followed;
        }
    }
    CHECK(followed > 50);
}

TEST_CASE("an old snapshot says so in files, too") {
    const auto page = test::sample_page();
    CHECK(static_site(page, kAddress, page.made_at + std::chrono::hours{2}).at("index.html").find("2 hours ago") != std::string::npos);
}

TEST_CASE("no identifier leads out of the directory") {
    auto page = test::sample_page();
    page.open[0].id = "../../evil";
    page.maintenance[0].id = "/etc/passwd";
    page.groups[0].components[0].id = "..";
    for (const auto& [name, text] : static_site(page, kAddress, page.made_at)) {
        CHECK(name.find("..") == std::string::npos);
        CHECK_FALSE(name.starts_with("/"));
    }
}

TEST_CASE("with a font there is a picture, which the pages name") {
    const auto page = test::sample_page();
    const auto font = picture::Font::open(std::string(picture::kUsualFont));
    REQUIRE(font.ok());
    const auto with = static_site(page, kAddress, page.made_at, &*font);
    const auto without = static_site(page, kAddress, page.made_at);
    const std::string named = "<meta property=\"og:image\" content=\"https://status.acme.example/og.png\">";
    CHECK(with.at("og.png").starts_with("\x89PNG\r\n"));
    CHECK_FALSE(without.contains("og.png"));
    for (const auto* name : {"index.html", "incidents/inc_06ht3e8gt0000/index.html", "history/2026-03/index.html"}) {
        CHECK(with.at(name).find(named) != std::string::npos);
        CHECK(with.at(name).find("content=\"summary_large_image\"") != std::string::npos);
        CHECK(without.at(name).find("og:image") == std::string::npos);
    }
}

}  // namespace serve_static_site_test
