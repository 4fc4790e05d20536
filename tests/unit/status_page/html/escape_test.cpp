// Whatever the texts of a snapshot are, the page has the elements that it has with harmless ones.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "controlplane/status_page/html/render.h"
#include "tests/unit/status_page/poison.h"

namespace escape_test {

using namespace sonde;
using namespace sonde::status_page;
using html::Visit;

namespace {

const TimePoint kNow = *from_rfc3339("2026-03-01T14:00:00Z");

// Each element as it begins or ends, with the names of its attributes; texts, values and what is inside of style and script left out.
std::vector<std::string> outline(std::string_view text) {
    std::vector<std::string> elements;
    for (auto at = text.find('<'); at != std::string_view::npos; at = text.find('<', at)) {
        std::string element;
        bool quoted = false;
        for (++at; at < text.size() && (quoted || text[at] != '>'); ++at) {
            if (text[at] == '"') {
                quoted = !quoted;
            } else if (!quoted) {
                element += text[at];
            }
        }
        for (const std::string_view raw : {"style", "script"}) {
            if (element == raw) at = text.find("</", at);
        }
        elements.push_back(element);
    }
    return elements;
}

rc::Gen<std::string> poison() {
    static const std::vector<std::string> kPieces{"<b>", "</p>", "</style>", "</script>", "<!--", "-->", "<![CDATA[", "\"", "'", "&", "&lt;", ">", "<", "{{t.skip}}", "{{{title}}}",
                                                  "=", "`", " onload=x ", "javascript:", "\n", "\r", "\t", "\x01", "a", "é", "\xff", "/", "\\", ":root{", "}", "%22", ";"};
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kPieces)), [](const std::vector<std::string>& pieces) {
        std::string text = "x";
        for (const auto& piece : pieces) text += piece;
        return text;
    });
}

const std::vector<html::Place>& places() {
    static const std::vector<html::Place> all{html::Current{}, html::OneMonth{std::chrono::year{2026} / 2}, html::OneMonth{std::chrono::year{2026} / 1}, html::Feeds{}};
    return all;
}

}  // namespace

TEST_CASE("no text becomes markup, wherever it stands") {
    const auto harmless = test::filled_page([] { return std::string("x"); });
    CHECK(rc::check("the elements are those of a harmless page", [&] {
        const auto poisoned = test::filled_page([] { return *poison(); });
        auto all = places();
        auto expected = places();
        all.push_back(html::OneIncident{poisoned.open[0].id});
        all.push_back(html::OneMaintenance{poisoned.maintenance[0].id});
        expected.push_back(html::OneIncident{harmless.open[0].id});
        expected.push_back(html::OneMaintenance{harmless.maintenance[0].id});
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto page = html::render(poisoned, {.now = kNow, .base = "/", .place = all[i]});
            const auto plain = html::render(harmless, {.now = kNow, .base = "/", .place = expected[i]});
            RC_ASSERT(page.has_value());
            RC_ASSERT(outline(*page) == outline(*plain));
        }
    }));
}

TEST_CASE("an address that is code is no link, and one that is no picture is not shown") {
    auto page = test::sample_page();
    page.look.home_url = "javascript:alert(1)";
    page.look.support_url = "data:text/html,x";
    page.look.logo = "https://elsewhere.example/logo.png";
    page.look.favicon = "https://elsewhere.example/icon.png";
    const auto text = *html::render(page, {.now = kNow});
    CHECK(text.find("javascript:") == std::string::npos);
    CHECK(text.find("data:text") == std::string::npos);
    CHECK(text.find("elsewhere") == std::string::npos);
}

TEST_CASE("style that is not clean is left out, and an accent that is none is ours") {
    auto page = test::sample_page();
    page.look.css = "a{}</style><script>alert(1)</script>";
    page.look.accent = "red;}body{display:none";
    const auto text = *html::render(page, {.now = kNow});
    CHECK(text.find("alert") == std::string::npos);
    CHECK(text.find("display:none;") == std::string::npos);
    CHECK(text.find("--accent:#2563eb") != std::string::npos);
}

}  // namespace escape_test
