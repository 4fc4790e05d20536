#include "notifier/ledger/due.h"

#include "lib/decision/incident_command.h"
#include "lib/log/log.h"
#include "lib/oncall/draft.h"
#include "notifier/core/course.h"
#include "notifier/core/escalation.h"
#include "notifier/ledger/courses.h"

namespace sonde::notifier::due {
namespace {

constexpr std::string_view kActor = "notifier";

// An incident's courses are taken in one order, as the planner does.
constexpr db::Statement kDue{"notifier_due_courses", R"sql(
    select incident_id, kind, source_id, brought from incident_course
    where state = 'running' and due_at <= now() order by due_at, incident_id, kind, source_id limit $1 for update skip locked)sql"};

// Refused for a reason that no event tells of, as by an engine that does not know such commands yet.
constexpr db::Statement kAgain{"notifier_courses_again", R"sql(
    update incident_course c set state = 'running', due_at = now(), command_id = null
    from incident_command m
    where c.state = 'asked' and m.id = c.command_id and m.done_at < now() - interval '10 seconds' and m.outcome <> 'done'
      and not exists (select from event_to_plan n where n.incident_id = c.incident_id offset 0))sql"};

constexpr db::Statement kEscalation{"notifier_escalation", "select name, steps::text, repeat::text from escalation where id = $1"};

constexpr db::Statement kChannels{"notifier_reachable", R"sql(
    select c.id, c.name, c.enabled, exists (select from incident i join route_override o on o.site_id = i.site_id where i.id = $2 and o.muted @> array[c.id])
    from channel c where c.id = any($1::bigint[]) and c.deleted_at is null)sql"};

constexpr db::Statement kPeople{"notifier_people", "select id, name, disabled, channels from person where id = any($1::bigint[])"};
constexpr db::Statement kSchedules{"notifier_schedules", "select id, name, time_zone, layers::text, now() from schedule where id = any($1::bigint[])"};
constexpr db::Statement kSubstitutes{"notifier_substitutes", R"sql(
    select id, person_id, starts_at, ends_at from schedule_override where schedule_id = $1 and starts_at <= now() and ends_at > now() order by id)sql"};

// Of a route its channels; of a site's override those that were led to the incident.
constexpr db::Statement kReminders{"notifier_reminders", R"sql(
    select 'rte', name, reminders, channels from route where id = $1 and enabled and reminders is not null
    union all
    select 'rov', '', reminders, array(select distinct d.channel_id from delivery d where d.incident_id = $2 and d.via <> 'subscription' and d.state <> 'not_sent')
    from route_override where id = $1 and reminders is not null)sql"};

constexpr db::Statement kAsk{"notifier_ask", R"sql(
    insert into incident_command (incident_id, shard, action, actor, body) select id, shard, $2, $3, $4 from incident where id = $1 returning id)sql"};
constexpr db::Statement kNotify{"notifier_ask_notify", "select pg_notify('sonde_command', '')"};

constexpr db::Statement kAsked{"notifier_course_asked", R"sql(
    update incident_course set state = 'asked', due_at = null, command_id = $4 where incident_id = $1 and kind = $2 and source_id = $3)sql"};
constexpr db::Statement kExhausted{"notifier_course_exhausted", R"sql(
    update incident_course set state = 'exhausted', due_at = null where incident_id = $1 and kind = $2 and source_id = $3)sql"};

struct One {
    std::int64_t incident = 0;
    CourseKind kind = CourseKind::escalation;
    std::int64_t source = 0;
    int brought = 0;
};

OnCall on_call(db::Tx& tx, const db::Row& row) {
    const auto zone = calendar::Zone::find(row.text(2));
    const auto layers = json::parse(std::string(row.text(3)));
    OnCall now{.name = std::string(row.text(1))};
    // What cannot be read, as a zone that the system has no longer, is a schedule with nobody: the next step comes.
    if (!zone || !layers) return now;
    const oncall::Plan plan{*zone, oncall::stored_layers(*layers)};
    std::vector<oncall::Substitute> substitutes;
    for (const auto one : tx.run(kSubstitutes, {row.whole(0)})) substitutes.push_back({one.id<ScheduleOverrideId>(0), one.id<UserId>(1), one.time(2), one.time(3)});
    const auto duty = oncall::on_call(plan, substitutes, row.time(4));
    now.user = duty.user;
    now.substitute = duty.substitute;
    if (duty.layer) now.layer = plan.layers.at(*duty.layer).name;
    return now;
}

template <class AnyId>
std::vector<std::int64_t> numbers(const std::vector<AnyId>& ids) {
    std::vector<std::int64_t> all;
    for (const auto id : ids) all.push_back(id.value());
    return all;
}

// All that a step may lead to, as it is now.
Directory directory_of(db::Tx& tx, const EscalationStep& step, std::int64_t incident) {
    Directory directory;
    auto people = numbers(step.users);
    auto channels = numbers(step.channels);
    if (!step.schedules.empty()) {
        for (const auto row : tx.run(kSchedules, {numbers(step.schedules)})) {
            const auto& found = directory.schedules[row.id<ScheduleId>(0)] = on_call(tx, row);
            people.push_back(found.user.value());
        }
    }
    if (!people.empty()) {
        for (const auto row : tx.run(kPeople, {people})) {
            auto& person = directory.people[row.id<UserId>(0)] = {std::string(row.text(1)), row.boolean(2), {}};
            for (const auto channel : row.wholes(3)) {
                person.channels.push_back(ChannelId{channel});
                channels.push_back(channel);
            }
        }
    }
    for (const auto row : tx.run(kChannels, {channels, incident})) {
        directory.channels[row.id<ChannelId>(0)] = {std::string(row.text(1)), row.boolean(2), row.boolean(3)};
    }
    return directory;
}

std::optional<decision::Command> step(db::Tx& tx, const One& one) {
    const auto rows = tx.run(kEscalation, {one.source});
    if (rows.empty()) return std::nullopt;
    const auto escalation = read_stored_escalation(EscalationId{one.source}, std::string(rows[0].text(0)), std::string(rows[0].text(1)), std::string(rows[0].text(2)));
    if (escalation.steps.empty()) return std::nullopt;
    const auto& next = escalation.steps[static_cast<std::size_t>(one.brought) % escalation.steps.size()];
    auto brings = bring(escalation, one.brought, directory_of(tx, next, one.incident));
    if (!brings) return std::nullopt;
    return decision::Command{decision::Action::escalate, std::string(kActor), {}, {}, decision::Due{std::move(brings->details), brings->reached, false}};
}

std::optional<decision::Command> reminder(db::Tx& tx, const One& one) {
    const auto rows = tx.run(kReminders, {one.source, one.incident});
    if (rows.empty()) return std::nullopt;
    const auto row = rows[0];
    const auto reminders = courses::read_reminders(row, 2);
    if (!reminders || one.brought >= reminders->at_most) return std::nullopt;
    const bool last = one.brought + 1 == reminders->at_most;
    Json targets = Json::array();
    for (const auto channel : row.wholes(3)) targets.push_back({{"channel", {{"id", ChannelId{channel}.text()}}}});
    const auto id = row.text(0) == "rte" ? RouteId{one.source}.text() : RouteOverrideId{one.source}.text();
    Json details{{"rule", {{"id", id}, {"name", row.text(1)}}}, {"number", one.brought + 1}, {"of", reminders->at_most},
                 {"next_after_ms", last ? Json(nullptr) : Json(reminders->every.count())}, {"targets", std::move(targets)}};
    return decision::Command{decision::Action::remind, std::string(kActor), {}, {}, decision::Due{std::move(details), true, reminders->while_acknowledged}};
}

std::optional<std::int64_t> write_down(db::Tx& tx, const One& one, const decision::Command& command) {
    const auto rows = tx.run(kAsk, {one.incident, name_of(command.action), command.actor, json::dump(decision::write_body(command))});
    return rows.empty() ? std::nullopt : std::optional(rows[0].whole(0));
}

}  // namespace

DueReport ask(db::Tx& tx, int at_most) {
    DueReport report;
    if (const auto again = tx.run(kAgain); again.affected() > 0) log::warning("courses_asked_again", "courses", again.affected());
    for (const auto row : tx.run(kDue, {at_most})) {
        const One one{row.whole(0), from_name<CourseKind>(row.text(1)).value_or(CourseKind::escalation), row.whole(2), row.small(3)};
        const bool escalates = one.kind == CourseKind::escalation;
        const auto command = escalates ? step(tx, one) : reminder(tx, one);
        const auto number = command ? write_down(tx, one, *command) : std::nullopt;
        if (!number) {
            tx.run(kExhausted, {one.incident, name_of(one.kind), one.source});
            continue;
        }
        tx.run(kAsked, {one.incident, name_of(one.kind), one.source, *number});
        ++(escalates ? report.steps : report.reminders);
    }
    if (report.steps + report.reminders > 0) tx.run(kNotify);
    return report;
}

}  // namespace sonde::notifier::due
