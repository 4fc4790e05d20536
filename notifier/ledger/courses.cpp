#include "notifier/ledger/courses.h"

#include "lib/json/json.h"

namespace sonde::notifier {
namespace {

// `for update`: who asks for what is due changes them too (due.cpp).
constexpr db::Statement kLoad{"notifier_courses", R"sql(
    select incident_id, kind, source_id, coalesce(route_id, 0), state, brought, first_ms, while_acknowledged, begun_at, due_at
    from incident_course where incident_id = any($1::bigint[]) order by incident_id, kind, source_id for update)sql"};

constexpr db::Statement kPut{"notifier_put_courses", R"sql(
    insert into incident_course (incident_id, kind, source_id, route_id, state, brought, first_ms, while_acknowledged, begun_at, due_at)
    select incident_id, kind, source_id, nullif(route_id, 0), state, brought, first_ms, while_acknowledged, begun_at, due_at::timestamptz
    from unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::integer[], $7::bigint[], $8::boolean[], $9::timestamptz[], $10::text[])
         as n(incident_id, kind, source_id, route_id, state, brought, first_ms, while_acknowledged, begun_at, due_at)
    on conflict (incident_id, kind, source_id) do update
    set route_id = excluded.route_id, state = excluded.state, brought = excluded.brought, first_ms = excluded.first_ms,
        while_acknowledged = excluded.while_acknowledged, begun_at = excluded.begun_at, due_at = excluded.due_at,
        command_id = case excluded.state when 'asked' then incident_course.command_id end)sql"};

template <class Enum>
Enum name_in(const db::Row& row, int column) {
    if (const auto found = from_name<Enum>(row.text(column))) return *found;
    throw db::DbError(db::Failure::broken, "a course of an incident is of an unknown sort");
}

Course read_course(const db::Row& row) {
    return {.of = {name_in<CourseKind>(row, 1), row.whole(2), row.id<RouteId>(3), milliseconds{row.whole(6)}, row.boolean(7)}, .state = name_in<CourseState>(row, 4),
            .brought = row.small(5), .begun_at = row.time(8), .due_at = row.maybe(9, &db::Row::time)};
}

const Json* member(const Json* document, const char* name) {
    if (document == nullptr || !document->is_object()) return nullptr;
    const auto found = document->find(name);
    return found == document->end() ? nullptr : &*found;
}

std::string text(const Json* value) { return value != nullptr && value->is_string() ? value->get<std::string>() : std::string{}; }

std::int64_t whole(const Json* value) { return value != nullptr && value->is_number_integer() ? value->get<std::int64_t>() : 0; }

// An escalation, a route or an override.
std::int64_t source_in(const std::string& id) {
    if (const auto escalation = EscalationId::parse(id)) return escalation->value();
    if (const auto route = RouteId::parse(id)) return route->value();
    const auto site = RouteOverrideId::parse(id);
    return site ? site->value() : 0;
}

}  // namespace

namespace courses {

std::optional<Escalates> read_escalates(const db::Row& row, int column) {
    if (row.is_null(column) || row.is_null(column + 1)) return std::nullopt;
    return Escalates{row.id<EscalationId>(column), milliseconds{row.whole(column + 1)}};
}

std::optional<Reminders> read_reminders(const db::Row& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    const auto stored = json::parse(std::string(row.text(column)));
    const auto* document = stored ? &*stored : nullptr;
    const auto* while_acknowledged = member(document, "while_acknowledged");
    const Reminders reminders{milliseconds{whole(member(document, "every_ms"))}, static_cast<int>(whole(member(document, "at_most"))),
                              while_acknowledged != nullptr && *while_acknowledged == true};
    if (reminders.every <= milliseconds{0}) throw db::DbError(db::Failure::broken, "stored reminders cannot be read");
    return reminders;
}

std::optional<Brought> read_brought(const std::string& details) {
    const auto parsed = json::parse(details);
    if (!parsed) return std::nullopt;
    const auto* document = &*parsed;
    Brought brought;
    const auto* policy = member(document, "policy");
    brought.source = source_in(text(member(policy != nullptr ? policy : member(document, "rule"), "id")));
    brought.number = static_cast<int>(whole(member(document, "number")));
    if (const auto* next = member(document, "next_after_ms"); next != nullptr && next->is_number_integer()) brought.next = milliseconds{whole(next)};
    if (const auto* targets = member(document, "targets"); targets != nullptr && targets->is_array()) {
        for (const auto& target : *targets) {
            if (const auto channel = ChannelId::parse(text(member(member(&target, "channel"), "id")))) brought.channels.push_back(*channel);
        }
    }
    if (brought.source == 0) return std::nullopt;
    return brought;
}

}  // namespace courses

CourseBook::CourseBook(db::Tx& tx, const std::vector<std::int64_t>& incidents) {
    if (incidents.empty()) return;
    for (const auto row : tx.run(kLoad, {incidents})) by_incident_[row.whole(0)].push_back(read_course(row));
}

void CourseBook::follow(std::int64_t incident, const News& news, const std::vector<Beginning>& beginnings, TimePoint at) {
    if (notifier::follow(by_incident_[incident], news, beginnings, at)) changed_.insert(incident);
}

void CourseBook::write(db::Tx& tx) const {
    std::vector<std::int64_t> incidents, sources, routes, firsts;
    std::vector<std::string> kinds, states;
    std::vector<int> brought;
    std::vector<bool> while_acknowledged;
    std::vector<TimePoint> begun;
    std::vector<std::optional<std::string>> due;
    for (const auto incident : changed_) {
        for (const auto& course : by_incident_.at(incident)) {
            incidents.push_back(incident);
            kinds.emplace_back(name_of(course.of.kind));
            sources.push_back(course.of.source);
            routes.push_back(course.of.route.value());
            states.emplace_back(name_of(course.state));
            brought.push_back(course.brought);
            firsts.push_back(course.of.first.count());
            while_acknowledged.push_back(course.of.while_acknowledged);
            begun.push_back(course.begun_at);
            due.push_back(course.due_at ? std::optional(to_rfc3339(*course.due_at)) : std::nullopt);
        }
    }
    if (!incidents.empty()) tx.run(kPut, {incidents, kinds, sources, routes, states, brought, firsts, while_acknowledged, begun, due});
}

}  // namespace sonde::notifier
