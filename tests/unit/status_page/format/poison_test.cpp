// Whatever the texts of a snapshot are, each format is well-formed, and has them as text.
#include <doctest/doctest.h>

#include "controlplane/status_page/format/badge.h"
#include "controlplane/status_page/format/feed.h"
#include "controlplane/status_page/format/index.h"
#include "controlplane/status_page/format/statuspage.h"
#include "lib/json/json.h"
#include "tests/unit/status_page/golden.h"
#include "tests/unit/status_page/poison.h"

namespace format_poison_test {

using namespace sonde;
using namespace sonde::status_page;

namespace {

constexpr std::string_view kBase = "https://status.acme.example/";

// Names of elements in their order, which for a harmless page are the same.
std::vector<std::string> elements(std::string_view text) {
    std::vector<std::string> names;
    for (auto at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) names.emplace_back(text.substr(at, text.find_first_of(" >\n", at) - at));
    return names;
}

}  // namespace

TEST_CASE("no text becomes markup in feeds and badges") {
    const auto poisoned = test::filled_page(test::worst_text);
    const auto harmless = test::filled_page([] { return std::string("x"); });
    CHECK(elements(format::rss(poisoned, kBase)) == elements(format::rss(harmless, kBase)));
    CHECK(elements(format::atom(poisoned, kBase)) == elements(format::atom(harmless, kBase)));
    CHECK(elements(*format::badge(poisoned, "state.svg")) == elements(*format::badge(harmless, "state.svg")));
    const auto& component = poisoned.groups[1].components[0];
    CHECK(elements(format::badge_svg(format::state_badge(poisoned, component))) == elements(*format::badge(harmless, "x/state.svg")));
    // The lint suite has a parser of XML read these.
    test::check_golden("format/golden/poison.rss", format::rss(poisoned, kBase));
    test::check_golden("format/golden/poison.atom", format::atom(poisoned, kBase));
    test::check_golden("format/golden/poison.svg", *format::badge(poisoned, "state.svg"));
}

TEST_CASE("HTML inside of feeds is escaped twice") {
    const auto feed = *json::parse(format::json_feed(test::filled_page(test::worst_text), kBase));
    for (const auto& item : feed.at("items")) {
        const auto& html = item.at("content_html").get_ref<const std::string&>();
        CHECK(html.find("<b ") == std::string::npos);
        CHECK(html.find("</script>") == std::string::npos);
        CHECK(html.find("&lt;b a=&quot;&#39;&gt;&amp;amp;") != std::string::npos);
    }
}

TEST_CASE("every document is JSON with the texts as they are") {
    const auto page = test::filled_page(test::worst_text);
    const auto title = json::parse(json::dump(test::worst_text()))->get<std::string>();
    CHECK(json::parse(format::index_json(page, kBase))->at("page").at("title") == title);
    CHECK(json::parse(format::json_feed(page, kBase))->at("title") == title);
    CHECK(json::parse(*format::badge(page, "state.json")).ok());
    for (const auto* name : {"summary.json", "status.json", "components.json", "incidents.json", "scheduled-maintenances.json"}) {
        CHECK(json::parse(*format::statuspage(page, kBase, name))->at("page").at("name") == title);
    }
}

TEST_CASE("addresses have nothing that would end them") {
    const auto feed = *json::parse(format::json_feed(test::filled_page(test::worst_text), kBase));
    for (const auto& item : feed.at("items")) CHECK(item.at("url").get<std::string>().find_first_of(" \"'<>\n") == std::string::npos);
}

}  // namespace format_poison_test
