#include "notifier/ledger/ledger.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "lib/channel/declaration.h"
#include "notifier/core/event.h"
#include "notifier/core/plan.h"
#include "notifier/ledger/courses.h"
#include "notifier/ledger/dead_letters.h"
#include "notifier/ledger/digests.h"
#include "notifier/ledger/due.h"
#include "notifier/ledger/gates.h"
#include "notifier/ledger/recording.h"
#include "notifier/ledger/statements.h"
#include "notifier/ledger/superseded.h"

namespace sonde::notifier {
namespace {

struct Unplanned {
    std::int64_t event = 0;
    std::int64_t incident = 0;  // 0: none
    TimePoint at;               // by the database's clock, where the writer's is ahead of it
    News news;
};

std::vector<Unplanned> read_news(const db::Rows& rows) {
    std::vector<Unplanned> all;
    for (const auto row : rows) {
        auto& one = all.emplace_back();
        one.event = row.whole(0);
        one.incident = row.is_null(2) ? 0 : row.whole(2);
        one.news = {.kind = std::string(row.text(1)), .of_incident = one.incident != 0, .site = {}, .severity = std::string(row.text(4)),
                    .tags = row.texts(5), .regions = row.texts(6)};
        if (!row.is_null(3)) one.news.site = row.id<SiteId>(3);
        if (!row.is_null(7)) one.news.failing = ChannelId::parse(row.text(7));
        one.news.acknowledged = row.boolean(8);
        one.at = row.time(9);
        if (!row.is_null(10)) one.news.brought = courses::read_brought(std::string(row.text(10)));
    }
    return all;
}

template <class AnyId>
std::vector<AnyId> ids_in(const db::Row& row, int column) {
    std::vector<AnyId> ids;
    for (const auto number : row.wholes(column)) ids.push_back(AnyId{number});
    return ids;
}

struct Channels {
    std::vector<Subscriber> subscribers;
    std::unordered_map<ChannelId, DigestChannel> digests;
};

Channels read_channels(db::Tx& tx) {
    Channels channels;
    for (const auto row : tx.run(statement::subscribers)) {
        const auto id = row.id<ChannelId>(0);
        const auto* kind = channel::find(row.text(4));
        channels.subscribers.push_back({id, row.boolean(1), row.texts(2), row.is_null(6) ? std::nullopt : std::optional(row.id<ChannelId>(6))});
        channels.digests[id] = {std::string(row.text(3)), channel::stored_flow(row.text(5)).digest, kind != nullptr && kind->in_place};
    }
    return channels;
}

Planner read_rules(db::Tx& tx, const std::vector<Unplanned>& batch, std::vector<Subscriber> subscribers) {
    std::vector<Route> routes;
    for (const auto row : tx.run(statement::routes)) {
        routes.push_back({row.id<RouteId>(0), {row.texts(1), row.texts(2), row.texts(3), row.texts(4), ids_in<SiteId>(row, 5)},
                          ids_in<ChannelId>(row, 6), row.boolean(7), courses::read_escalates(row, 9), courses::read_reminders(row, 8)});
    }
    std::vector<std::int64_t> sites;
    for (const auto& one : batch) {
        if (one.news.site) sites.push_back(one.news.site->value());
    }
    std::unordered_map<SiteId, RouteOverride> overrides;
    for (const auto row : tx.run(statement::overrides, {sites})) {
        auto& one = overrides[row.id<SiteId>(0)];
        one = {ids_in<ChannelId>(row, 1), ids_in<ChannelId>(row, 2), {}, row.id<RouteOverrideId>(4), courses::read_escalates(row, 6), courses::read_reminders(row, 5)};
        if (!row.is_null(3)) one.replaced = ids_in<ChannelId>(row, 3);
    }
    return {std::move(subscribers), std::move(routes), std::move(overrides)};
}

// Of most there is nothing to ask: nobody knows of an incident before it is opened, nor is anything to come of it or waiting that this made old.
bool begins(const News& news) { return event_kind(news.kind) == EventKind::incident_opened; }

std::vector<std::int64_t> with_past(const std::vector<Unplanned>& batch) {
    std::vector<std::int64_t> incidents;
    for (const auto& one : batch) {
        if (one.incident != 0 && !begins(one.news)) incidents.push_back(one.incident);
    }
    return incidents;
}

std::unordered_map<std::int64_t, KnownBy> read_known(db::Tx& tx, const std::vector<Unplanned>& batch) {
    const auto incidents = with_past(batch);
    std::unordered_map<std::int64_t, KnownBy> known;
    if (incidents.empty()) return known;
    for (const auto row : tx.run(statement::known, {incidents})) known[row.whole(0)][row.id<ChannelId>(1)] = {row.boolean(2), row.id<DigestId>(3)};
    return known;
}

// The arrays of statement::insert_deliveries.
struct Rows {
    std::vector<std::int64_t> ids, events, channels, routes, digests;
    std::vector<std::string> states, reasons, vias;
    std::vector<bool> opens;

    void add(std::int64_t event, const Planned& planned) {
        ids.push_back(new_id_value());
        events.push_back(event);
        channels.push_back(planned.channel.value());
        states.emplace_back(name_of(planned.state));
        reasons.emplace_back(name_of(planned.reason));
        vias.emplace_back(name_of(planned.via));
        routes.push_back(planned.route.value());
        opens.push_back(planned.opens);
        digests.push_back(planned.digest.value());
    }
    void run(db::Tx& tx) const {
        if (!ids.empty()) tx.run(statement::insert_deliveries, {ids, events, channels, states, reasons, vias, routes, opens, digests});
    }
};

// The arrays of statement::close.
struct Closing {
    std::vector<std::int64_t> deliveries;
    std::vector<std::string> states;
    std::vector<std::string> reasons;

    void add(std::int64_t delivery, DeliveryState state, Reason reason) {
        deliveries.push_back(delivery);
        states.emplace_back(name_of(state));
        reasons.emplace_back(name_of(reason));
    }
    void run(db::Tx& tx) const {
        if (!deliveries.empty()) tx.run(statement::close, {deliveries, states, reasons});
    }
};

// What waits and was made old by these events, which were just planned, is told no more; what quiet hours hold back may have become urgent. Returns how
// many deliveries were dropped.
int drop_old(db::Tx& tx, const std::vector<std::int64_t>& events) {
    if (events.empty()) return 0;
    std::vector<std::int64_t> waiting;
    for (const auto row : tx.run(statement::waiting, {events})) waiting.push_back(row.whole(0));
    for (const auto row : tx.run(statement::waiting_without_incident, {events})) waiting.push_back(row.whole(0));
    Closing closing;
    for (const auto& old : superseded(tx, waiting)) closing.add(old.delivery.value(), DeliveryState::superseded, old.reason);
    closing.run(tx);
    tx.run(statement::reconsider, {events});
    return static_cast<int>(closing.deliveries.size());
}

Leased leased(const db::Row& row) {
    return {
        .delivery = row.id<DeliveryId>(0),
        .attempt = row.small(11) + 1,
        .channel = row.id<ChannelId>(1),
        .channel_kind = std::string(row.text(4)),
        .channel_config = std::string(row.text(5)),
        .channel_secrets = row.bytes(6),
        .channel_templates = std::string(row.text(18)),
        .event = row.id<EventId>(7),
        .event_kind = std::string(row.text(8)),
        .event_at = row.time(9),
        .document = std::string(row.text(10)),
        .remembered = row.is_null(13) ? std::string() : std::string(row.text(13)),
        .place = std::string(row.text(12)),
        .reached = row.texts(17),
    };
}

// Until when quiet hours hold a row of statement::due back; nothing if they do not. A test is what somebody waits for.
std::optional<TimePoint> quiet_for(const db::Row& row) {
    if (row.is_null(14) || event_kind(row.text(8)) == EventKind::channel_test) return std::nullopt;
    const auto quiet = channel::stored_flow(row.text(14)).quiet_hours;
    if (!quiet) return std::nullopt;
    const auto& excepted = quiet->except_severities;
    if (std::find(excepted.begin(), excepted.end(), row.text(15)) != excepted.end()) return std::nullopt;
    return channel::quiet_until(*quiet, row.time(16));
}

}  // namespace

Ledger::Ledger(db::Pool& pool, std::string owner, milliseconds lease, RetryPolicy retry)
    : pool_(pool), owner_(std::move(owner)), lease_(lease), retry_(retry) {}

PlanReport Ledger::plan(int at_most) {
    const auto after = unplanned_.after(std::chrono::steady_clock::now());
    std::int64_t last = 0;
    const auto outcome = pool_.transact([&](db::Tx& tx) {
        PlanReport report;
        const auto alone = tx.run(statement::plan_alone);
        if (!alone[0].boolean(0)) return report;
        const auto events = tx.run(statement::take_events, {at_most, after});
        report.events = events.size();
        if (events.empty() && !alone[0].boolean(2)) return report;

        auto batch = read_news(events);
        auto channels = read_channels(tx);
        Digests digests(tx, alone[0].time(1), std::move(channels.digests));
        const auto planner = read_rules(tx, batch, std::move(channels.subscribers));
        auto known = read_known(tx, batch);
        CourseBook courses(tx, with_past(batch));
        std::vector<std::int64_t> event_ids, news_of_old;
        Rows rows;
        for (const auto& [event, incident, at, news] : batch) {
            event_ids.push_back(event);
            if (!begins(news)) news_of_old.push_back(event);
            auto& known_by = known[incident];
            for (auto& planned : planner.plan(news, known_by)) {
                const auto knows = known_by.find(planned.channel);
                digests.gather(news, planned, knows == known_by.end() ? DigestId{} : knows->second.digest);
                rows.add(event, planned);
                ++(planned.state == DeliveryState::planned ? report.planned : planned.digest ? report.grouped : report.not_sent);
                note(news, planned, known_by);
            }
            if (incident != 0) courses.follow(incident, news, planner.beginnings(news), at);
            if (incident == 0 || event_kind(news.kind) == EventKind::incident_resolved) known_by.clear();
        }
        rows.run(tx);
        courses.write(tx);
        if (!event_ids.empty()) tx.run(statement::set_planned, {event_ids, event_ids.front(), event_ids.back()});
        digests.save();
        const auto told = digests.tell();
        report.planned += static_cast<int>(told.size());
        news_of_old.insert(news_of_old.end(), told.begin(), told.end());
        report.superseded = drop_old(tx, news_of_old);
        if (!event_ids.empty()) last = event_ids.back();
        return report;
    });
    unplanned_.removed(last, outcome.events >= at_most);
    return outcome;
}

DueReport Ledger::bring_due(int at_most) {
    return pool_.transact([&](db::Tx& tx) { return due::ask(tx, at_most); });
}

// What becomes of the deliveries that are due, but for those that are taken.
struct Ledger::Due {
    Closing closing;
    std::vector<std::int64_t> taken, held;
    std::vector<TimePoint> held_until;
};

void Ledger::sort_out(db::Tx& tx, const db::Rows& due, LeaseReport& report, Due& sorted) {
    std::vector<std::int64_t> candidates;
    for (const auto row : due) candidates.push_back(row.whole(0));
    std::unordered_map<std::int64_t, Reason> old;
    for (const auto& one : superseded(tx, candidates)) old.emplace(one.delivery.value(), one.reason);
    std::unordered_set<std::int64_t> never_told;
    for (const auto row : tx.run(statement::never_told, {candidates})) never_told.insert(row.whole(0));

    for (const auto row : due) {
        const auto delivery = row.whole(0);
        const bool enabled = row.boolean(2);
        const bool deleted = row.boolean(3);
        if (const auto found = old.find(delivery); found != old.end()) {
            sorted.closing.add(delivery, DeliveryState::superseded, found->second);
            ++report.superseded;
        } else if (deleted || !enabled || never_told.contains(delivery)) {
            sorted.closing.add(delivery, DeliveryState::not_sent, deleted ? Reason::channel_deleted : !enabled ? Reason::channel_disabled : Reason::not_told);
            ++report.withdrawn;
        } else if (const auto until = quiet_for(row)) {
            sorted.held.push_back(delivery);
            sorted.held_until.push_back(*until);
            ++report.held;
        } else {
            sorted.taken.push_back(delivery);
            report.leased.push_back(leased(row));
        }
    }
}

LeaseReport Ledger::lease(const Room& room) {
    return pool_.transact([&](db::Tx& tx) {
        LeaseReport report;
        Gates gates(tx);
        auto rooms = gates.allowed();
        for (const auto& [channel, deliveries] : room.busy) {
            const auto left = room.per_channel - deliveries;
            const auto [found, fresh] = rooms.emplace(channel, left);
            if (!fresh) found->second = std::min(found->second, left);
        }
        std::vector<std::int64_t> channels;
        std::vector<int> left;
        for (const auto& [channel, deliveries] : rooms) {
            channels.push_back(channel.value());
            left.push_back(std::min(deliveries, room.per_channel));
        }
        const auto due = tx.run(statement::due, {channels, left, room.in_flight, room.per_channel, room.free, Gates::limited_kinds(), gates.held()});
        Due sorted;
        if (!due.empty()) sort_out(tx, due, report, sorted);
        std::vector<std::int64_t> dead;
        if (const auto open = gates.open(); !open.empty()) {
            for (const auto row : tx.run(statement::expired, {open, static_cast<std::int64_t>(retry_.give_up_after.count())})) dead.push_back(row.whole(0));
        }
        std::erase_if(dead, [&](auto one) { return std::find(sorted.taken.begin(), sorted.taken.end(), one) != sorted.taken.end(); });
        for (const auto one : dead) sorted.closing.add(one, DeliveryState::dead, Reason::gave_up);
        report.dead = static_cast<int>(dead.size());
        sorted.closing.run(tx);
        tell_dead(tx, dead);
        if (!sorted.held.empty()) tx.run(statement::hold_back, {sorted.held, sorted.held_until});
        for (const auto& one : report.leased) gates.took(one.channel, lease_);
        report.wait = gates.wait();
        if (!sorted.taken.empty()) {
            tx.run(statement::take, {sorted.taken, owner_, static_cast<std::int64_t>(lease_.count())});
            tx.run(statement::begin_attempts, {sorted.taken});
        }
        gates.save();
        return report;
    });
}

void Ledger::extend(const std::vector<std::int64_t>& deliveries) {
    pool_.transact([&](db::Tx& tx) {
        tx.run(statement::extend, {deliveries, owner_, static_cast<std::int64_t>(lease_.count())});
    });
}

std::vector<Recorded> Ledger::record(std::span<const Finished> finished) {
    return pool_.transact([&](db::Tx& tx) { return record_ends(tx, owner_, retry_, finished); });
}

void Ledger::abandon(const std::vector<std::int64_t>& except, std::string_view why) {
    pool_.transact([&](db::Tx& tx) {
        tx.run(statement::abandon_attempts, {owner_, except, why});
        tx.run(statement::abandon, {owner_, except});
    });
}

Backlog Ledger::backlog() {
    return pool_.transact([&](db::Tx& tx) {
        const auto rows = tx.run(statement::backlog);
        const auto row = rows[0];
        const auto age = [&row](int column) { return milliseconds{std::max<std::int64_t>(row.whole(column), 0)}; };
        return Backlog{age(0), age(1), age(2), row.whole(3), row.whole(4), row.whole(5)};
    });
}

}  // namespace sonde::notifier
