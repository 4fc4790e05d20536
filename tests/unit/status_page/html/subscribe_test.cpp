#include "controlplane/status_page/html/subscribe.h"

#include <doctest/doctest.h>

#include <set>

#include "controlplane/status_page/html/language.h"
#include "controlplane/status_page/html/render.h"
#include "lib/crypto/crypto.h"
#include "tests/unit/status_page/golden.h"
#include "tests/unit/status_page/poison.h"

namespace subscribe_test {

using namespace sonde;
using namespace sonde::status_page;
using html::SubscribePage;
using html::SubscribeView;

namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string shown(const SubscribePage& what, const std::string& language = "en") {
    auto page = test::sample_page();
    page.look.language = language;
    return html::subscribe(page, what);
}

}  // namespace

TEST_CASE("the form in every language, and what it offers") {
    for (const auto language : html::kLanguages) {
        test::check_golden("html/golden/subscribe-" + std::string(language) + ".html", shown({.view = SubscribeView::form, .base = "/status/acme/", .email = true}, std::string(language)));
    }
    test::check_golden("html/golden/subscribe-both.html",
                       shown({.view = SubscribeView::bad_address, .base = "/", .email = true, .webhook = true, .address = "\"><b>x", .is_webhook = true, .chosen = {"api"}}));
    test::check_golden("html/golden/subscribe-manage.html", shown({.view = SubscribeView::manage, .base = "/", .chosen = {"search"}, .unsubscribe = "/unsubscribe/token"}));
    test::check_golden("html/golden/subscribe-confirm.html", shown({.view = SubscribeView::confirm, .base = "/"}));
}

TEST_CASE("every view says something of its own, and only those that ask have a button") {
    std::set<std::string> all;
    for (std::size_t i = 0; i < EnumNames<SubscribeView>::names.size(); ++i) {
        const auto view = static_cast<SubscribeView>(i);
        CAPTURE(name_of(view));
        const auto text = shown({.view = view, .base = "/", .email = true});
        CHECK(contains(text, "<h1>Acme &amp; Söhne</h1>"));
        CHECK(contains(text, "<form") == (view == SubscribeView::form || view == SubscribeView::bad_address || view == SubscribeView::confirm || view == SubscribeView::unsubscribe ||
                                          view == SubscribeView::manage || view == SubscribeView::saved));
        all.insert(text);
    }
    CHECK(all.size() == EnumNames<SubscribeView>::names.size());
}

TEST_CASE("a page leads to the form if it is offered, and if there is somebody to ask") {
    auto page = test::sample_page();
    const auto leads = [&page](const std::string& base) { return contains(*html::render(page, {.now = page.made_at, .base = base}), "href=\"" + base + "subscribe\""); };
    CHECK(!leads("/status/acme/"));
    page.subscribable = true;
    CHECK(leads("/status/acme/"));
    CHECK(leads("/"));
    CHECK(!leads("./"));  // a file
}

TEST_CASE("whatever is in a page or a form is no markup, and the style is the one that the policy names") {
    const auto page = test::filled_page([] { return test::worst_text(); });
    const auto text = html::subscribe(page, {.view = SubscribeView::bad_address, .base = "/", .email = true, .address = test::worst_text()});
    CHECK(contains(text, "&lt;b a="));
    for (const auto* part : {"<b ", "<!--", "</script"}) CHECK(!contains(text, part));
    const auto at = text.find("<style>") + 7;
    const auto style = text.substr(at, text.find("</style>") - at);
    CHECK(contains(html::subscribe_policy(), "'sha256-" + crypto::base64(crypto::sha256(style)) + "'"));
    CHECK(contains(html::subscribe_policy(), "default-src 'none'"));
}

}  // namespace subscribe_test
