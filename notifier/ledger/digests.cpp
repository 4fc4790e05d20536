#include "notifier/ledger/digests.h"

#include <algorithm>

#include "notifier/core/event.h"
#include "notifier/core/wording.h"

namespace sonde::notifier {
namespace {

constexpr db::Statement kFloods{"digest_floods", "select channel_id, openings_ms, storm, digest_id, room from channel_flood"};

// A message is on its way until its delivery has ended.
constexpr db::Statement kOpen{"digest_open", R"sql(
    select g.id, g.channel_id, g.cause, g.began_at, g.due_at, g.told_at, g.event_id, g.critical, coalesce(d.state in ('planned', 'sending'), false),
           coalesce(d.state in ('planned', 'sending', 'sent'), false)
    from digest g left join delivery d on d.event_id = g.event_id and d.channel_id = g.channel_id
    where g.closed_at is null)sql"};

constexpr db::Statement kSaveFloods{"digest_save_floods", R"sql(
    insert into channel_flood (channel_id, openings_ms, storm, digest_id, room)
    select channel_id, openings_ms, storm, nullif(digest_id, 0), room
    from jsonb_to_recordset($1::jsonb) as x(channel_id bigint, openings_ms bigint[], storm boolean, digest_id bigint, room integer)
    on conflict (channel_id) do update
    set openings_ms = excluded.openings_ms, storm = excluded.storm, digest_id = excluded.digest_id, room = excluded.room)sql"};

constexpr db::Statement kBegin{"digest_begin", "insert into digest (id, channel_id, cause, began_at) values ($1, $2, $3, $4)"};

constexpr db::Statement kSave{"digest_save", R"sql(
    update digest set due_at = $2, event_id = nullif($3::bigint, 0), told_at = $4, critical = $5, closed_at = case when $6 then now() end where id = $1)sql"};

// Each incident of a digest as the newest event of it says.
constexpr db::Statement kIncidents{"digest_incidents", R"sql(
    select m.incident_id, m.opened_here, coalesce(o.payload #>> '{incident,title}', ''), coalesce(o.payload #>> '{incident,severity}', ''),
           o.kind = 'incident.resolved' or coalesce(o.payload #>> '{incident,state}', '') = 'resolved',
           (o.payload #> '{incident,opened_at}')::text, (o.payload #> '{incident,resolved_at}')::text, (o.payload -> 'site')::text
    from (select incident_id, bool_or(opens or event_kind in ('incident.opened', 'incident.reopened')) as opened_here
          from delivery where digest_id = $1 and incident_id is not null group by incident_id) m
    cross join lateral (select kind, payload from outbox where incident_id = m.incident_id order by seq desc limit 1) o)sql"};

// The last of each thing.
constexpr db::Statement kOthers{"digest_others", R"sql(
    select distinct on (coalesce(o.subject, o.id::text)) o.id, o.kind, o.payload::text
    from delivery d join outbox o on o.id = d.event_id
    where d.digest_id = $1 and d.incident_id is null order by coalesce(o.subject, o.id::text), o.id desc)sql"};

// Whether a receiver may have any message of it, by the thread that they are.
constexpr db::Statement kHeard{"digest_heard", R"sql(
    select exists (select from outbox o join delivery d on d.event_id = o.id where o.incident_id is null and o.subject = $1 and d.attempts > 0))sql"};

constexpr db::Statement kLast{"digest_last", "select (payload -> 'digest')::text from outbox where id = $1"};

// It is planned already: nobody else asks for it.
constexpr db::Statement kEvent{"digest_event", "insert into outbox (id, at, kind, payload) values ($1, $2, 'channel.digest', $3::jsonb)"};
constexpr db::Statement kDelivery{"digest_delivery", R"sql(
    insert into delivery (id, event_id, channel_id, event_kind, state, next_at) values ($1, $2, $3, 'channel.digest', 'planned', now()))sql"};
constexpr db::Statement kTold{"digest_told", "update delivery set told_by = $2 where digest_id = $1 and told_by is null"};

// What was over before anybody heard of it.
constexpr db::Statement kNeverMind{"digest_never_mind", R"sql(
    update delivery set state = case event_kind when 'incident.resolved' then 'not_sent' else 'superseded' end,
           reason = case event_kind when 'incident.resolved' then 'not_told' else 'resolved_since' end
    where digest_id = $1)sql"};
constexpr db::Statement kWithdraw{"digest_withdraw", R"sql(
    update delivery d set state = 'superseded', reason = 'resolved_since', done_at = now()
    from outbox o where o.incident_id is null and o.subject = $1 and d.event_id = o.id and d.state = 'planned')sql"};

Json json_or_null(const db::Row& row, int column) {
    if (row.is_null(column)) return nullptr;
    const auto value = json::parse(row.text(column));
    return value ? *value : Json(nullptr);
}

std::string thread_of(DigestId id) { return "channel:" + id.text(); }

}  // namespace

Digests::Digests(db::Tx& tx, TimePoint now, std::unordered_map<ChannelId, DigestChannel> channels) : tx_(tx), now_(now), channels_(std::move(channels)) {
    for (const auto row : tx.run(kFloods)) {
        auto& one = floods_[row.id<ChannelId>(0)];
        for (const auto ms : row.wholes(1)) one.flood.openings.push_back(from_unix_ms(ms));
        one.flood.storm = row.boolean(2);
        if (!row.is_null(3)) one.digest = row.id<DigestId>(3);
        one.flood.room = row.small(4);
    }
    for (const auto row : tx.run(kOpen)) {
        auto& one = open_[row.id<DigestId>(0)];
        one.channel = row.id<ChannelId>(1);
        one.timing.cause = from_name<DigestCause>(row.text(2)).value_or(DigestCause::storm);
        one.timing.began = row.time(3);
        one.due = row.maybe(4, &db::Row::time);
        one.timing.told = row.maybe(5, &db::Row::time);
        one.event = row.is_null(6) ? 0 : row.whole(6);
        one.critical = row.boolean(7);
        one.timing.on_its_way = row.boolean(8);
        one.told_well = row.boolean(9);
        // A window is one message; what came while that was on its way went into it, too.
        if (one.timing.cause == DigestCause::window && one.timing.told && !one.timing.on_its_way && !one.due) one.closed = one.changed = true;
    }
    for (auto& [channel, one] : floods_) {
        const auto found = open_.find(one.digest);
        if (found == open_.end() || found->second.closed) one.flood.room = 0;
    }
}

DigestId Digests::begin(ChannelId channel, DigestCause cause) {
    const auto id = new_id<DigestId>();
    tx_.run(kBegin, {id, channel, name_of(cause), now_});
    auto& made = open_[id];
    made.channel = channel;
    made.timing.cause = cause;
    made.timing.began = now_;
    return id;
}

void Digests::gather(const News& news, Planned& planned, DigestId member) {
    const auto known = channels_.find(planned.channel);
    if (planned.state != DeliveryState::planned || known == channels_.end()) return;
    const auto& policy = known->second.policy;
    const auto kind = event_kind(news.kind);
    const auto of_incident = open_.find(member);
    const Arrival arrival{.opens = planned.opens || planned.via == Via::escalation || kind == EventKind::incident_opened || kind == EventKind::incident_reopened ||
                                  kind == EventKind::delivery_dead,
                          .in_digest = of_incident != open_.end() && !of_incident->second.closed};
    auto& flood = floods_[planned.channel];
    const auto before = flood.flood;
    const auto together = arrive(policy, flood.flood, arrival, now_);
    if (together == Together::begins) flood.digest = begin(planned.channel, policy.window > milliseconds{0} ? DigestCause::window : DigestCause::storm);
    if (flood.flood != before || together == Together::begins) flooded_.push_back(planned.channel);
    if (together == Together::itself) return;

    const auto id = together == Together::with_others ? member : flood.digest;
    planned.state = DeliveryState::not_sent;
    planned.reason = Reason::grouped;
    planned.digest = id;
    auto& digest = open_.at(id);
    digest.timing.in_place = known->second.in_place;
    digest.timing.urgent = digest.timing.urgent || (news.severity == "critical" && !digest.critical);
    const auto at = due_at(policy, digest.timing, now_);
    digest.due = digest.due ? std::min(*digest.due, at) : at;
    digest.changed = true;
}

void Digests::save() {
    Json rows = Json::array();
    std::sort(flooded_.begin(), flooded_.end());
    flooded_.erase(std::unique(flooded_.begin(), flooded_.end()), flooded_.end());
    for (const auto channel : flooded_) {
        const auto& [flood, digest] = floods_.at(channel);
        Json openings = Json::array();
        for (const auto at : flood.openings) openings.push_back(to_unix_ms(at));
        rows.push_back({{"channel_id", channel.value()}, {"openings_ms", openings}, {"storm", flood.storm}, {"digest_id", digest.value()}, {"room", flood.room}});
    }
    if (!rows.empty()) tx_.run(kSaveFloods, {json::dump(rows)});
    flooded_.clear();
    for (auto& [id, one] : open_) {
        if (one.changed) tx_.run(kSave, {id, one.due, one.event, one.timing.told, one.critical, one.closed});
        one.changed = false;
    }
}

DigestContent Digests::read(DigestId id, const Open& digest) {
    const auto channel = channels_.find(digest.channel);
    DigestContent content{id, digest.channel, channel == channels_.end() ? "" : channel->second.name, digest.timing.cause, digest.timing.began, {}, {}};
    for (const auto row : tx_.run(kIncidents, {id})) {
        content.incidents.push_back({row.id<IncidentId>(0), std::string(row.text(2)), std::string(row.text(3)), row.boolean(4), row.boolean(1),
                                     json_or_null(row, 5), json_or_null(row, 6), json_or_null(row, 7)});
    }
    for (const auto row : tx_.run(kOthers, {id})) {
        const auto document = json::parse(row.text(2));
        content.others.push_back({row.id<EventId>(0), std::string(row.text(1)), document ? notice_of(*document, "").title : ""});
    }
    return content;
}

bool Digests::says_nothing_new(const Open& digest, const DigestContent& content) {
    if (!digest.told_well) return false;
    const auto last = tx_.run(kLast, {digest.event});
    return !last.empty() && json::same_content(json_or_null(last[0], 0), digest_part(content));
}

std::optional<EventId> Digests::tell(DigestId id, Open& digest) {
    const auto content = read(id, digest);
    digest.due.reset();
    digest.changed = true;
    digest.closed = digest.timing.cause == DigestCause::storm && all_over(content);
    if (never_mind(content) && !tx_.run(kHeard, {thread_of(id)})[0].boolean(0)) {
        tx_.run(kNeverMind, {id});
        tx_.run(kWithdraw, {thread_of(id)});
        digest.closed = true;
        return std::nullopt;
    }
    if (says_nothing_new(digest, content)) {
        tx_.run(kTold, {id, digest.event});
        return std::nullopt;
    }
    const auto event = new_id<EventId>();
    tx_.run(kEvent, {event, now_, json::dump(digest_event(event, now_, content))});
    tx_.run(kDelivery, {new_id<DeliveryId>(), event, digest.channel});
    tx_.run(kTold, {id, event});
    digest.event = event.value();
    digest.timing.told = now_;
    digest.critical = digest.critical || worst_severity(content) == "critical";
    return event;
}

std::vector<std::int64_t> Digests::tell() {
    std::vector<std::int64_t> events;
    for (auto& [id, one] : open_) {
        if (one.closed || !one.due || *one.due > now_) continue;
        if (const auto event = tell(id, one)) events.push_back(event->value());
        const auto flood = floods_.find(one.channel);
        if (one.closed && flood != floods_.end() && flood->second.digest == id) {
            flood->second.flood.room = 0;
            flooded_.push_back(one.channel);
        }
    }
    save();
    return events;
}

}  // namespace sonde::notifier
