// Writes status pages into a directory, for a browser to look at: each as NAME.html, and its Content-Security-Policy as NAME.csp.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "controlplane/status_page/html/render.h"
#include "controlplane/status_page/html/small.h"
#include "controlplane/status_page/html/subscribe.h"
#include "tests/unit/status_page/sample.h"

namespace {

using namespace sonde;
using namespace sonde::status_page;
using html::Visit;

const TimePoint kNow = *from_rfc3339("2026-03-01T12:00:20Z");

Snapshot good_page() {
    auto page = test::sample_page();
    page.condition = Condition::operational;
    page.open.clear();
    page.maintenance.clear();
    for (auto& group : page.groups) {
        group.condition = Condition::operational;
        for (auto& component : group.components) component.condition = Condition::operational;
    }
    return page;
}

Snapshot ended_page() {
    auto page = good_page();
    auto ended = test::sample_page().open.front();
    ended.resolved_at = kNow - std::chrono::minutes{2};
    ended.phase = Phase::resolved;
    ended.updates.insert(ended.updates.begin(), {3, *ended.resolved_at, Phase::resolved, "There is room again."});
    page.past.insert(page.past.begin(), ended);
    return page;
}

Snapshot large_page(int count) {
    auto page = good_page();
    page.groups.resize(1);
    page.groups[0] = {"Everything", false, Condition::operational, {}};
    for (int i = 0; i < count; ++i) page.groups[0].components.push_back(test::sample_component(fmt::format("part-{}", i), fmt::format("Part {}", i), Condition::operational, kNow));
    return page;
}

// A light accent, a picture and a style of their own.
Snapshot dressed_page() {
    auto page = test::sample_page();
    page.look.accent = "#ffd400";
    page.look.logo = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    page.look.css = ".overall { border-radius: 0; letter-spacing: .5px }";
    return page;
}

Snapshot in_language(const std::string& language, const std::string& zone) {
    auto page = test::sample_page();
    page.look.language = language;
    page.look.time_zone = zone;
    return page;
}

void draw(const std::string& directory, const std::string& name, const Snapshot& page, Visit visit) {
    visit.base = "./";
    const auto text = html::render(page, visit);
    if (!text) throw std::runtime_error(name + " is not there");
    std::ofstream(directory + "/" + name + ".html") << *text;
    std::ofstream(directory + "/" + name + ".csp") << html::content_security_policy(page.look);
}

// What whoever subscribes is shown.
void draw_desk(const std::string& directory, const std::string& name, html::SubscribePage shown, const std::string& language = "en") {
    shown.base = "./";
    auto page = in_language(language, "UTC");
    page.subscribable = true;
    std::ofstream(directory + "/" + name + ".html") << html::subscribe(page, shown);
    std::ofstream(directory + "/" + name + ".csp") << html::subscribe_policy();
}

void draw_desks(const std::string& directory) {
    using html::SubscribeView;
    draw_desk(directory, "subscribe", {.view = SubscribeView::form, .email = true});
    draw_desk(directory, "subscribe-both", {.view = SubscribeView::form, .email = true, .webhook = true});
    draw_desk(directory, "subscribe-hr", {.view = SubscribeView::form, .email = true, .webhook = true}, "hr");
    draw_desk(directory, "subscribe-mistake", {.view = SubscribeView::bad_address, .email = true, .address = "reader@", .chosen = {"api"}});
    draw_desk(directory, "subscribe-asked", {.view = SubscribeView::asked});
    draw_desk(directory, "subscribe-confirm", {.view = SubscribeView::confirm, .unsubscribe = "./unsubscribe/TOKEN"});
    draw_desk(directory, "subscribe-confirmed", {.view = SubscribeView::confirmed, .manage = "./manage/TOKEN", .unsubscribe = "./unsubscribe/TOKEN"});
    draw_desk(directory, "subscribe-manage", {.view = SubscribeView::manage, .chosen = {"api"}, .unsubscribe = "./unsubscribe/TOKEN"});
    draw_desk(directory, "subscribe-unsubscribe", {.view = SubscribeView::unsubscribe});
    draw_desk(directory, "subscribe-unsubscribed", {.view = SubscribeView::unsubscribed});
    draw_desk(directory, "subscribe-no-link", {.view = SubscribeView::no_link});
    draw_desk(directory, "subscribe-not-now", {.view = SubscribeView::not_now});
}

void draw_nothing(const std::string& directory) {
    std::ofstream(directory + "/nothing.html") << html::nothing(test::sample_page(), "./");
    std::ofstream(directory + "/nothing.csp") << html::guard_policy();
}

void draw_all(const std::string& directory) {
    draw_desks(directory);
    draw_nothing(directory);

    const auto page = test::sample_page();
    draw(directory, "before", good_page(), {.now = kNow});
    draw(directory, "during", page, {.now = kNow});
    draw(directory, "after", ended_page(), {.now = kNow});
    draw(directory, "stale", page, {.now = kNow + std::chrono::hours{2}});
    draw(directory, "dressed", dressed_page(), {.now = kNow});
    draw(directory, "large", large_page(100), {.now = kNow});
    draw(directory, "month", page, {.now = kNow, .place = html::OneMonth{std::chrono::year{2026} / 2}});
    draw(directory, "quiet-month", page, {.now = kNow, .place = html::OneMonth{std::chrono::year{2026} / 1}});
    draw(directory, "incident", page, {.now = kNow, .place = html::OneIncident{page.past[0].id}});
    draw(directory, "maintenance", page, {.now = kNow, .place = html::OneMaintenance{page.maintenance[0].id}});
    draw(directory, "feeds", page, {.now = kNow, .place = html::Feeds{}});
    draw(directory, "feeds-de", in_language("de", "Europe/Berlin"), {.now = kNow, .place = html::Feeds{}});
    draw(directory, "de", in_language("de", "Europe/Berlin"), {.now = kNow});
    draw(directory, "fr", in_language("fr", "Europe/Paris"), {.now = kNow});
    draw(directory, "es", in_language("es", "America/Bogota"), {.now = kNow});
    draw(directory, "hr", in_language("hr", "Europe/Zagreb"), {.now = kNow});
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::fputs("usage: draw-pages DIRECTORY\n", stderr);
        return 2;
    }
    draw_all(arguments[1]);
    return 0;
}
