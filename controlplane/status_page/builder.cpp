#include "controlplane/status_page/builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/history/history_store.h"
#include "controlplane/history/period.h"
#include "controlplane/status_page/cast.h"
#include "controlplane/status_page/condition.h"
#include "controlplane/status_page/html/css.h"
#include "controlplane/status_page/incidents.h"
#include "controlplane/status_page/windows.h"
#include "lib/calendar/zone.h"

namespace sonde::status_page {
namespace {

namespace history_store = controlplane::history_store;

constexpr std::chrono::hours kPast{24 * 90};
constexpr std::chrono::hours kLatencies{24};
// What the engine's clock says may be ahead of the database's: what it has written is so now.
constexpr std::chrono::hours kAhead{1};

constexpr std::string_view kOneInstant = "set transaction isolation level repeatable read read only";
constexpr db::Statement kNow{"status_page_now", "select now()"};

std::vector<DayFrame> frames_of(const calendar::Zone& zone, int days, TimePoint now) {
    const auto today = std::chrono::floor<std::chrono::days>(zone.local(now));
    std::vector<DayFrame> frames;
    for (int ago = days - 1; ago >= 0; --ago) {
        const std::chrono::local_days day{today - std::chrono::days{ago}};
        frames.push_back({std::chrono::year_month_day{day}, history::midnight(day, zone), std::min(history::midnight(day + std::chrono::days{1}, zone), now)});
    }
    return frames;
}

std::string told(const history::Accounting& accounting) {
    std::string text;
    const auto document = history::write(accounting);
    for (const auto& [state, counts] : document.items()) text += fmt::format("{}{}={}", text.empty() ? "" : " ", state, counts.get<std::string>());
    return text;
}

std::vector<Component> components_of(const PageDraft& draft, const Cast& cast, const std::vector<history::Timeline>& timelines, const std::vector<DayFrame>& frames,
                                     const history::Accounting& accounting) {
    std::vector<Component> components;
    const auto players = cast.by_component();
    for (const auto& group : draft.groups) {
        for (const auto& component : group.components) {
            std::vector<const history::Timeline*> monitors;
            for (const auto player : players[components.size()]) monitors.push_back(&timelines[player]);
            Component shown;
            shown.id = component.id;
            shown.name = component.name;
            shown.description = component.description;
            shown.since = frames.back().from;
            put_history(shown, monitors, frames, accounting);
            components.push_back(std::move(shown));
        }
    }
    return components;
}

void put_latencies(db::Tx& tx, const PageDraft& draft, const Cast& cast, std::vector<Component>& components, TimePoint now) {
    std::vector<const ComponentDraft*> drafts;
    for (const auto& group : draft.groups) {
        for (const auto& component : group.components) drafts.push_back(&component);
    }
    std::vector<history_store::Member> members;
    for (const auto& player : cast.players) {
        if (std::any_of(player.components.begin(), player.components.end(), [&](auto component) { return !drafts[component]->latencies.empty(); })) members.push_back(player.member);
    }
    if (members.empty()) return;
    const auto checks = history_store::checks_of(tx, members, now - kLatencies, now);
    const auto players = cast.by_component();
    for (std::size_t i = 0; i < drafts.size(); ++i) {
        for (const auto& [region, title] : drafts[i]->latencies) {
            history::Sketch all;
            for (const auto player : players[i]) {
                if (const auto found = checks.find({cast.players[player].member.id, region}); found != checks.end()) all.add(found->second.latencies);
            }
            if (all.count() > 0) components[i].latencies.push_back({title, *all.quantile(0.5) / 1000, *all.quantile(0.95) / 1000});
        }
    }
}

void put_groups(Snapshot& page, const PageDraft& draft, std::vector<Component> components) {
    std::vector<Condition> conditions;
    auto next = components.begin();
    for (const auto& group : draft.groups) {
        Group shown;
        shown.name = group.name;
        shown.collapsed = group.collapsed;
        std::vector<Condition> of_group;
        for (std::size_t i = 0; i < group.components.size(); ++i, ++next) {
            of_group.push_back(next->condition);
            shown.components.push_back(std::move(*next));
        }
        if (of_group.empty()) continue;
        shown.condition = worst_of(of_group);
        conditions.push_back(shown.condition);
        page.groups.push_back(std::move(shown));
    }
    // Of nothing nobody can say that it is well.
    page.condition = conditions.empty() ? Condition::unknown : worst_of(conditions);
}

}  // namespace

void read_one_instant(db::Tx& tx) { tx.run_text(kOneInstant); }

Snapshot build(db::Tx& tx, const PageDraft& draft, const history::Accounting& configured) {
    Snapshot page;
    page.slug = draft.slug;
    page.look = draft.look;
    page.subscribable = draft.mail_channel.has_value() || draft.webhook_subscribers;
    const auto css = html::clean_css(draft.look.css);
    page.look.css = css ? *css : std::string{};  // without comments, which are for colleagues
    page.made_at = tx.run(kNow)[0].time(0);
    const auto accounting = draft.accounting.over(configured);
    page.accounting = told(accounting);
    const auto zone = calendar::Zone::find(draft.look.time_zone);
    const auto frames = frames_of(zone ? *zone : calendar::Zone::utc(), draft.days, page.made_at);

    const auto cast = read_cast(tx, draft, page.made_at - kPast, page.made_at + kAhead);
    std::vector<history_store::Member> members;
    for (const auto& player : cast.players) members.push_back(player.member);
    const auto timelines = history_store::timelines(tx, members, frames.front().from, page.made_at + kAhead);
    auto components = components_of(draft, cast, timelines, frames, accounting);
    put_latencies(tx, draft, cast, components, page.made_at);
    put_groups(page, draft, std::move(components));

    auto incidents = read_incidents(tx, cast, page.made_at - kPast);
    page.open = std::move(incidents.open);
    page.past = std::move(incidents.past);
    page.maintenance = read_maintenance(tx, cast, page.made_at);
    return page;
}

}  // namespace sonde::status_page
