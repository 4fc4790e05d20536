#include "controlplane/status_page/html/small.h"

#include <doctest/doctest.h>

#include "lib/crypto/crypto.h"
#include "tests/unit/status_page/golden.h"
#include "tests/unit/status_page/poison.h"

namespace small_test {

using namespace sonde;
using namespace sonde::status_page;
using namespace std::chrono_literals;
using html::Question;

namespace {

const TimePoint kNow = *from_rfc3339("2026-03-01T12:00:00Z");
constexpr std::string_view kUrl = "https://status.acme.example/";

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string style_in(const std::string& text) {
    const auto at = text.find("<style>") + 7;
    return text.substr(at, text.find("</style>") - at);
}

}  // namespace

TEST_CASE("the widget and the question for a password") {
    test::check_golden("html/golden/widget-en.html", html::widget(test::sample_page(), {.now = kNow}, kUrl));
    test::check_golden("html/golden/guard-en.html", html::guard("en", Question::wrong_password, "/status/acme/"));
    test::check_golden("html/golden/guard-token-de.html", html::guard("de", Question::token, "/status/acme/"));
    auto page = test::sample_page();
    page.look.language = "de";
    test::check_golden("html/golden/nothing-de.html", html::nothing(page, "/status/acme/"));
    page.look.title = test::worst_text();
    CHECK_FALSE(has(html::nothing(page, test::worst_text()), "<b "));
}

TEST_CASE("the widget says of when it is once it is old") {
    const auto page = test::sample_page();
    CHECK_FALSE(has(html::widget(page, {.now = kNow + html::kFresh}, kUrl), "As of"));
    CHECK(has(html::widget(page, {.now = kNow + html::kFresh + 1s}, kUrl), "As of 1 March 2026, 12:00"));
}

TEST_CASE("the question tells nothing of the page") {
    const auto text = html::guard("en", Question::password, "/");
    CHECK(has(text, "<form method=\"post\" action=\"/\">"));
    CHECK_FALSE(has(text, "role=\"alert\""));
    CHECK(has(html::guard("en", Question::later, "/"), "too many attempts"));
    CHECK_FALSE(has(html::guard("en", Question::token, "/"), "<form"));
    CHECK_FALSE(has(html::guard(test::worst_text(), Question::token, test::worst_text()), "<b "));
}

TEST_CASE("their policies allow their style, and the widget alone may be framed") {
    for (const auto& text : {html::widget(test::sample_page(), {.now = kNow}, kUrl), html::guard("en", Question::password, "/"), html::nothing(test::sample_page(), "/")}) {
        const auto digest = "'sha256-" + crypto::base64(crypto::sha256(style_in(text))) + "'";
        CHECK(has(html::widget_policy(), digest));
        CHECK(has(html::guard_policy(), digest));
        CHECK_FALSE(has(text, "<script"));
    }
    CHECK(has(html::widget_policy(), "frame-ancestors *"));
    CHECK(has(html::guard_policy(), "frame-ancestors 'none'"));
    CHECK(has(html::guard_policy(), "form-action 'self'"));
}

TEST_CASE("the worst texts are no markup in the widget") {
    const auto text = html::widget(test::filled_page(test::worst_text), {.now = kNow}, kUrl);
    CHECK_FALSE(has(text, "<b "));
    CHECK_FALSE(has(text, "</script"));
    CHECK(has(text, "&lt;b a=&quot;&#39;&gt;&amp;amp;"));
}

}  // namespace small_test
