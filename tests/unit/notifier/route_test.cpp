#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "notifier/core/event.h"
#include "notifier/core/plan.h"

namespace route_test {

using namespace sonde;
using namespace sonde::notifier;

namespace {

const std::vector<std::string> kUsual{"incident.opened", "incident.acknowledged", "incident.resolved", "incident.reopened"};
constexpr ChannelId kPager{1};
constexpr ChannelId kChat{2};
constexpr ChannelId kOwn{3};  // that no route names
constexpr SiteId kShop{10};
const std::vector<Subscriber> kChannels{{kPager, true, kUsual}, {kChat, true, kUsual}, {kOwn, true, kUsual}};

News news(const std::string& kind, const std::string& severity = "major") {
    return {.kind = kind, .of_incident = kind.starts_with("incident."), .site = kShop, .severity = severity, .tags = {"web"}, .regions = {"eu"}};
}

Planned of(const std::vector<Planned>& planned, ChannelId channel) {
    const auto found = std::find_if(planned.begin(), planned.end(), [&](const auto& one) { return one.channel == channel; });
    REQUIRE(found != planned.end());
    return *found;
}

// "sent", or why not.
std::string said(const std::vector<Planned>& planned, ChannelId channel) {
    const auto one = of(planned, channel);
    return one.state == DeliveryState::planned ? "sent" : std::string(name_of(one.reason));
}

// Plays the events of one incident as the ledger does.
struct Incident {
    KnownBy known{};

    std::vector<Planned> play(const Planner& planner, const News& news) {
        auto planned = planner.plan(news, known);
        for (const auto& one : planned) note(news, one, known);
        if (event_kind(news.kind) == EventKind::incident_resolved) known.clear();
        return planned;
    }
};

const Route kCritical{.id = RouteId{1}, .match = {.severities = {"critical"}}, .channels = {kPager}, .proceed = true};
const Route kRest{.id = RouteId{2}, .channels = {kChat}};

}  // namespace

TEST_CASE("each of severities, tags, events, regions and sites must be met; an empty list is") {
    CHECK(meets(news("incident.opened"), {}));
    CHECK(meets(news("incident.opened"), {{"minor", "major"}, {"db", "web"}, {"incident.opened"}, {"eu"}, {kShop}}));
    CHECK_FALSE(meets(news("incident.opened"), {.severities = {"critical"}}));
    CHECK_FALSE(meets(news("incident.opened"), {.tags = {"db"}}));
    CHECK_FALSE(meets(news("incident.opened"), {.events = {"incident.resolved"}}));
    CHECK_FALSE(meets(news("incident.opened"), {.regions = {"us"}}));
    CHECK_FALSE(meets(news("incident.opened"), {.sites = {SiteId{11}}}));
    CHECK_FALSE(meets({.kind = "coverage.lost"}, {.severities = {"minor"}}));
    CHECK_FALSE(meets({.kind = "coverage.lost"}, {.sites = {kShop}}));
}

TEST_CASE("routes are asked in order, until one that is met does not continue; what no route names keeps its subscription") {
    const Planner planner(kChannels, {kCritical, kRest, {.id = RouteId{3}, .channels = {kPager}}}, {});
    const auto critical = planner.plan(news("incident.opened", "critical"));
    CHECK(of(critical, kPager) == Planned{kPager, DeliveryState::planned, Reason::none, Via::route, RouteId{1}, true});
    CHECK(of(critical, kChat) == Planned{kChat, DeliveryState::planned, Reason::none, Via::route, RouteId{2}, true});
    CHECK(of(critical, kOwn) == Planned{kOwn, DeliveryState::planned, Reason::none, Via::subscription, {}, false});
    const auto major = planner.plan(news("incident.opened"));
    CHECK(said(major, kPager) == "not_routed");
    CHECK(said(major, kChat) == "sent");
}

TEST_CASE("a route without events leaves them to the channel, one with events sends these") {
    const std::vector<Subscriber> channels{{kPager, true, {"incident.opened"}}};
    const Planner own(channels, {{.id = RouteId{1}, .channels = {kPager}}}, {});
    CHECK(said(own.plan(news("incident.commented")), kPager) == "not_subscribed");
    const Planner named(channels, {{.id = RouteId{1}, .match = {.events = {"incident.commented"}}, .channels = {kPager}}}, {});
    CHECK(said(named.plan(news("incident.commented")), kPager) == "sent");
    CHECK(said(named.plan(news("advisory.opened")), kPager) == "not_routed");
}

TEST_CASE("what becomes worse reaches those who are for the worse, who then hear its end though it was better by then") {
    const Planner planner(kChannels, {kCritical, kRest}, {});
    Incident incident;
    CHECK(said(incident.play(planner, news("incident.opened", "minor")), kPager) == "not_routed");
    const auto worse = incident.play(planner, news("incident.severity_changed", "critical"));
    CHECK(of(worse, kPager).opens);
    CHECK(said(worse, kChat) == "not_subscribed");
    CHECK(said(incident.play(planner, news("incident.severity_changed", "minor")), kPager) == "not_routed");
    CHECK(of(incident.play(planner, news("incident.acknowledged", "minor")), kPager).via == Via::follow_up);
    CHECK(said(incident.play(planner, news("incident.resolved", "minor")), kPager) == "sent");
    CHECK(said(incident.play(planner, news("incident.resolved", "critical")), kPager) == "not_told");
}

TEST_CASE("whoever was led to an incident hears its end without any rule, and without having asked for it") {
    const std::vector<Subscriber> channels{{kPager, true, {"incident.opened"}}};
    Incident incident;
    REQUIRE(said(incident.play(Planner(channels, {kRest, {.id = RouteId{1}, .channels = {kPager}}}, {}), news("incident.opened")), kPager) == "not_routed");
    REQUIRE(said(incident.play(Planner(channels, {{.id = RouteId{1}, .channels = {kPager}}}, {}), news("incident.updated")), kPager) == "sent");
    CHECK(said(incident.play(Planner(channels, {}, {}), news("incident.resolved")), kPager) == "sent");
}

TEST_CASE("a site adds, replaces and mutes") {
    const auto planned = [&](RouteOverride site, const News& what) { return Planner(kChannels, {kCritical, kRest}, {{kShop, std::move(site)}}).plan(what); };
    CHECK(of(planned({.added = {kPager}}, news("incident.opened")), kPager).via == Via::site);
    CHECK(said(planned({.added = {kPager}}, news("incident.opened")), kChat) == "sent");
    CHECK(said(planned({.muted = {kChat}}, news("incident.opened")), kChat) == "muted");
    CHECK(said(planned({.added = {kChat}, .muted = {kChat}}, news("incident.opened")), kChat) == "muted");
    const auto replaced = planned({.added = {kOwn}, .replaced = {{kPager}}}, news("incident.opened"));
    CHECK(said(replaced, kPager) == "sent");
    CHECK(said(replaced, kOwn) == "sent");
    CHECK(said(replaced, kChat) == "replaced");
    auto elsewhere = news("incident.opened");
    elsewhere.site = SiteId{11};
    CHECK(said(planned({.muted = {kChat}}, elsewhere), kChat) == "sent");
}

TEST_CASE("a channel that is disabled says so only if it would have been told") {
    const Planner planner({{kPager, false, kUsual}, {kChat, false, kUsual}}, {kCritical, kRest}, {});
    CHECK(said(planner.plan(news("incident.opened")), kChat) == "channel_disabled");
    CHECK(said(planner.plan(news("incident.opened")), kPager) == "not_routed");
}

TEST_CASE("whatever the rules: one outcome with a reason for each channel, nothing after a mute, no end without its beginning and no beginning without its end") {
    const std::vector<std::string> kinds{"incident.opened", "incident.updated", "incident.acknowledged", "incident.commented", "incident.severity_changed",
                                         "incident.reopened", "advisory.opened", "coverage.lost"};
    const std::vector<std::string> severities{"critical", "major", "minor"};
    int ends = 0, withheld = 0, muted_ones = 0;
    for (unsigned seed = 0; seed < 2000; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
        const auto some = [&](const auto& from) {
            auto chosen = from;
            chosen.clear();
            if (below(2) == 0) return chosen;
            for (const auto& one : from) {
                if (below(3) == 0) chosen.push_back(one);
            }
            return chosen;
        };
        const std::vector<ChannelId> ids{ChannelId{1}, ChannelId{2}, ChannelId{3}, ChannelId{4}, ChannelId{5}};
        std::vector<Subscriber> channels;
        for (const auto id : ids) channels.push_back({id, true, below(3) == 0 ? some(kinds) : kUsual});
        const auto rules = [&] {
            std::vector<Route> routes;
            for (std::int64_t i = 1; i <= static_cast<std::int64_t>(below(5)); ++i) {
                routes.push_back({RouteId{i}, {some(severities), {}, some(kinds), {}, {}}, some(ids), below(2) == 0});
            }
            std::unordered_map<SiteId, RouteOverride> overrides;
            if (below(3) == 0) overrides[kShop] = {some(ids), some(ids), below(3) == 0 ? std::optional(some(ids)) : std::nullopt};
            return std::pair{routes, overrides};
        };
        auto [routes, overrides] = rules();
        Incident incident;
        std::map<ChannelId, bool> open_by_rules;  // told of the opening by a rule
        for (int step = 0; step < 12; ++step) {
            if (below(6) == 0) std::tie(routes, overrides) = rules();
            const Planner planner(channels, routes, overrides);
            const auto what = news(below(5) == 0 ? "incident.resolved" : kinds[below(kinds.size())], severities[below(3)]);
            const auto muted = overrides.contains(kShop) ? overrides.at(kShop).muted : std::vector<ChannelId>{};
            CHECK(planner.plan(what, incident.known) == planner.plan(what, incident.known));
            const auto planned = incident.play(planner, what);
            REQUIRE(planned.size() == ids.size());
            for (std::size_t i = 0; i < ids.size(); ++i) {
                const auto& one = planned[i];
                CHECK(one.channel == ids[i]);
                const bool sent = one.state == DeliveryState::planned;
                CHECK(sent == (one.reason == Reason::none));
                const bool is_muted = std::find(muted.begin(), muted.end(), one.channel) != muted.end();
                if (is_muted) {
                    CHECK(one.reason == Reason::muted);
                    ++muted_ones;
                }
                if (what.kind != "incident.resolved") {
                    if (sent && one.opens) open_by_rules[one.channel] = true;
                    continue;
                }
                if (open_by_rules[one.channel] && !is_muted) {
                    CHECK(sent);
                    ++ends;
                }
                if (one.via == Via::route || one.via == Via::site) {
                    CHECK_FALSE(sent);
                    ++withheld;
                }
            }
            if (what.kind == "incident.resolved") open_by_rules.clear();
        }
    }
    CHECK(ends > 500);
    CHECK(withheld > 500);
    CHECK(muted_ones > 500);
}

}  // namespace route_test
