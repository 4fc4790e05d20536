#include "controlplane/api/incident/explain.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/history/result.h"
#include "controlplane/api/history/wording.h"
#include "controlplane/api/notify/delivery.h"
#include "lib/base/routing_id.h"
#include "lib/check/policy.h"

namespace sonde::controlplane {
namespace {

constexpr int kMaxItems = 500;
constexpr std::size_t kMaxSentences = 60;

// Not only the decisions that carry the incident's number: also what led to it, and what did not, while it lasted. The bounds are on the
// time alone, so that a monitor's past is not read.
constexpr db::Statement kDecisions{"explain_decisions", R"(
    select d.id, d.at, d.slot, d.kind, d.from_state, d.to_state, d.reason, d.incident_id, d.votes, d.monitor_id
    from (select monitor_id from incident_monitor where incident_id = $1 and not is_group
          union select unnest(g.members) from incident_monitor j join monitor_group g on g.id = j.monitor_id
          where j.incident_id = $1 and j.is_group) m
    cross join lateral (
        select * from decision where monitor_id = m.monitor_id and at >= $2::timestamptz - interval '2 seconds'
            and at <= coalesce($3::timestamptz, now()) order by at, id limit $4) d
    order by d.at, d.id limit $4)"};

constexpr db::Statement kEvents{"explain_events", R"(
    select e.at, e.kind, e.actor, e.reason, e.data, e.seq, e.monitor_id, m.name
    from incident_event e left join monitor m on m.id = e.monitor_id where e.incident_id = $1 order by e.seq limit $2)"};

constexpr db::Statement kPolicy{"explain_policy", R"(
    select m.policy from incident_monitor j join monitor m on m.id = j.monitor_id
    where j.incident_id = $1 and not j.is_group order by j.joined_at, j.monitor_id limit 1)"};

constexpr db::Statement kGroup{"explain_group", R"(
    select g.needed, cardinality(g.members) from incident_monitor j join monitor_group g on g.id = j.monitor_id
    where j.incident_id = $1 and j.is_group order by j.joined_at, j.monitor_id limit 1)"};

constexpr db::Statement kCourses{"explain_courses", R"(
    select c.kind, c.source_id, coalesce(e.name, r.name, ''), r.id is not null, c.route_id, c.state, c.brought, c.begun_at, c.due_at
    from incident_course c left join escalation e on c.kind = 'escalation' and e.id = c.source_id left join route r on c.kind = 'reminder' and r.id = c.source_id
    where c.incident_id = $1 order by c.begun_at, c.kind, c.source_id limit $2)"};

// Of an incident that is about a group alone, what the group needs.
std::string group_rule(db::Tx& tx, IncidentId incident) {
    const auto rows = tx.run(kGroup, {incident});
    return rows.empty() ? std::string{} : fmt::format("{} of {} members of the group must be left", rows[0].small(0), rows[0].small(1));
}

std::string present_rule(db::Tx& tx, IncidentId incident) {
    const auto rows = tx.run(kPolicy, {incident});
    if (rows.empty()) return group_rule(tx, incident);
    json::Problems problems;
    const auto policy = check::read_policy(stored_json(rows[0].text(0)), "", problems);
    return problems.empty() ? check::describe(policy) : std::string{};
}

std::string describe_delivery(const Json& delivery) {
    const auto state = text_in(delivery, "state");
    const auto attempts = delivery["attempts"].size();
    const auto reason = text_in(delivery, "reason");
    const auto what = fmt::format("{} to channel \"{}\"", text_in(delivery, "event_kind"), text_in(delivery, "channel_name"));
    const auto tries = fmt::format("{} attempt{}", attempts, attempts == 1 ? "" : "s");
    const auto why = reason.empty() ? std::string{} : ": " + reason;
    if (state == "sent") return fmt::format("{}: sent at {}, after {}.", what, text_in(delivery, "done_at"), tries);
    if (state == "planned") return fmt::format("{}: due at {}, so far {}{}.", what, text_in(delivery, "next_at"), tries, why);
    if (state == "sending") return fmt::format("{}: being sent, so far {}{}.", what, tries, why);
    if (state == "superseded") return fmt::format("{}: dropped after {}, for something newer happened{}.", what, tries, why);
    if (state == "dead") return fmt::format("{}: given up after {}{}.", what, tries, why);
    if (reason == "grouped") {
        const auto teller = text_in(delivery, "told_by_event_id");
        return teller.empty() ? fmt::format("{}: will be told together with other news.", what) : fmt::format("{}: told together with other news, by {}.", what, teller);
    }
    return fmt::format("{}: not sent{}.", what, why);
}

Json present_event(const db::Row& row) {
    Json event;
    event["seq"] = row.whole(5);
    event["at"] = to_rfc3339(row.time(0));
    event["kind"] = row.text(1);
    event["actor"] = row.text(2);
    event["reason"] = row.text(3);
    event["monitor_id"] = row.is_null(6) ? Json(nullptr) : Json(row.id<MonitorId>(6).text());
    event["data"] = stored_json(row.text(4));
    auto subject = row.is_null(7) ? std::string("a monitor that is gone") : std::string(row.text(7));
    if (const auto group = event["data"].find("group"); group != event["data"].end()) subject = text_in(*group, "name");
    event["sentence"] = describe_entry(event, subject);
    return event;
}

Json present_course(const db::Row& row) {
    const auto source = row.whole(1);
    const bool escalates = row.text(0) == "escalation";
    Json course;
    course["kind"] = row.text(0);
    course["id"] = escalates ? EscalationId{source}.text() : row.boolean(3) ? RouteId{source}.text() : RouteOverrideId{source}.text();
    course["name"] = row.text(2);
    course["route_id"] = row.is_null(4) ? Json(nullptr) : Json(row.id<RouteId>(4).text());
    course["state"] = row.text(5);
    course["brought"] = row.small(6);
    course["begun_at"] = to_rfc3339(row.time(7));
    course["due_at"] = instant_or_null(row, 8);
    return course;
}

std::string describe_course(const Json& course) {
    const bool escalates = text_in(course, "kind") == "escalation";
    const auto name = text_in(course, "name");
    const auto what = escalates ? fmt::format("The escalation \"{}\"", name) : name.empty() ? std::string("Reminders of the site's override") : fmt::format("Reminders of the route \"{}\"", name);
    const auto so_far = fmt::format("{} {} so far", course.value("brought", 0), escalates ? "steps" : "reminders");
    const auto state = text_in(course, "state");
    if (state == "running") return fmt::format("{}: {}; the next is due at {}.", what, so_far, text_in(course, "due_at"));
    if (state == "asked") return fmt::format("{}: {}; the next is on its way.", what, so_far);
    if (state == "exhausted") return fmt::format("{}: {}, and that was the last.", what, so_far);
    return fmt::format("{}: ended after {}, for it was {}.", what, so_far, state);
}

// What was asked for confirmation before the monitor joined or left: by the last decision that asked.
const Json* asked_before(const Json& decisions, const Json& event) {
    const Json* asked = nullptr;
    for (const auto& decision : decisions) {
        if (decision["at"] > event["at"]) break;
        if (decision["monitor_id"] == event["monitor_id"] && decision.contains("asked")) asked = &decision["asked"];
    }
    return asked;
}

// The timeline as transitions: each with its sentence, and those of monitors with the votes and the rule they were taken by.
Json transitions_of(const Json& events, const Json& decisions) {
    Json transitions = Json::array();
    for (auto transition : events) {
        auto data = transition["data"];
        if (data.is_object() && data.contains("votes")) {
            transition["votes"] = with_marks(votes_in(data));
            transition["rule"] = rule_beside_votes(data).value_or("");
            const auto kind = text_in(transition, "kind");
            const auto* asked = kind == "opened" || kind == "monitor_joined" ? asked_before(decisions, transition) : nullptr;
            if (asked != nullptr) transition["asked"] = *asked;
            for (const auto* field : {"votes", "rule", "asked"}) data.erase(field);
            transition["data"] = std::move(data);
        }
        transitions.push_back(std::move(transition));
    }
    return transitions;
}

// What the incident was opened by: the engine's own record; without it, the decision that opened it.
void add_opening(Json& document, const Json& events) {
    auto& opened = document["opened"];
    opened = {{"at", document["incident"]["opened_at"]}, {"reason", ""}, {"votes", Json::array()}};
    for (const auto& decision : document["decisions"]) {
        if (text_in(decision, "incident_id").empty() || text_in(decision, "kind") != "transition") continue;
        opened["reason"] = decision["reason"];
        opened["votes"] = decision["votes"];
        break;
    }
    for (const auto& event : events) {
        if (event["kind"] != "opened") continue;
        opened["at"] = event["at"];
        opened["reason"] = event["reason"];
        if (auto votes = votes_in(event["data"]); !votes.empty()) opened["votes"] = with_marks(std::move(votes));
        break;
    }
}

// The rule as it was written down when the incident opened; else the present one.
std::string rule_of(db::Tx& tx, const Incident& incident, const Json& events, const Json& decisions) {
    for (const auto& event : events) {
        if (auto rule = text_in(event["data"], "rule"); !rule.empty()) return rule;
    }
    for (const auto& decision : decisions) {
        if (auto rule = text_in(decision, "rule"); !rule.empty()) return rule;
    }
    return present_rule(tx, incident.id);
}

}  // namespace

Json summarise(const Json& explained) {
    const auto& incident = explained["incident"];
    const auto& opened = explained["opened"];
    Json sentences = Json::array();
    std::string names;
    for (const auto& monitor : incident["monitors"]) {
        names += fmt::format("{}\"{}\" ({})", names.empty() ? "" : ", ", text_in(monitor, "name"), text_in(monitor, "cause"));
    }
    for (const auto& group : incident.value("groups", Json::array())) {
        names += fmt::format("{}group \"{}\"", names.empty() ? "" : ", ", text_in(group, "name"));
    }
    const auto opener = text_in(incident, "opened_by");
    if (opener.empty() || opener == "engine") {
        sentences.push_back(fmt::format("The first failing check began at {}.", text_in(incident, "failing_since")));
        sentences.push_back(fmt::format("The incident was opened at {}, for {}; what failed: {}.", text_in(opened, "at"),
                                        text_in(opened, "reason"), names.empty() ? "nothing that is still known" : names));
        sentences.push_back(fmt::format("The rule: {}. The votes: {}.", text_in(explained, "rule"), describe_votes(opened["votes"])));
    } else {
        sentences.push_back(fmt::format("The incident was opened by hand at {} by {}; what it is about: {}.", text_in(opened, "at"), opener,
                                        names.empty() ? "no monitor" : names));
    }
    for (const auto& transition : explained.value("transitions", Json::array())) {
        if (transition["kind"] == "opened" || transition["kind"] == "acknowledged" || transition["kind"] == "resolved") continue;
        if (sentences.size() >= kMaxSentences) break;
        sentences.push_back(fmt::format("{} {}", text_in(transition, "at"), text_in(transition, "sentence")));
    }
    if (const auto by = text_in(incident, "acknowledged_by"); !by.empty()) {
        sentences.push_back(fmt::format("Acknowledged at {} by {}.", text_in(incident, "acknowledged_at"), by));
    }
    const auto resolved = text_in(incident, "resolved_at");
    sentences.push_back(resolved.empty() ? std::string("It is not resolved.")
                                         : fmt::format("Resolved at {} by {}.", resolved, text_in(incident, "resolved_by")));
    for (const auto& course : explained.value("courses", Json::array())) sentences.push_back(describe_course(course));
    if (explained["deliveries"].empty()) sentences.push_back("Nobody has been told: no delivery has been planned.");
    for (const auto& delivery : explained["deliveries"]) sentences.push_back(describe_delivery(delivery));
    return sentences;
}

Json explain_incident(db::Tx& tx, const Incident& incident) {
    Json events = Json::array();
    for (const auto row : tx.run(kEvents, {incident.id, kMaxItems + 1})) events.push_back(present_event(row));
    Json decisions = Json::array();
    for (const auto row : tx.run(kDecisions, {incident.id, incident.failing_since, incident.resolved_at, kMaxItems + 1})) {
        decisions.push_back(present_decision(row));
    }
    auto deliveries = deliveries_of_incident(tx, incident.id, kMaxItems + 1);
    Json courses = Json::array();
    for (const auto row : tx.run(kCourses, {incident.id, kMaxItems + 1})) courses.push_back(present_course(row));
    bool truncated = false;
    for (auto* list : {&events, &decisions, &deliveries, &courses}) {
        if (list->size() <= static_cast<std::size_t>(kMaxItems)) continue;
        list->erase(list->size() - 1);
        truncated = true;
    }
    Json document;
    document["incident"] = incident.document;
    document["rule"] = rule_of(tx, incident, events, decisions);
    document["opened"] = nullptr;
    document["transitions"] = transitions_of(events, decisions);
    document["decisions"] = std::move(decisions);
    document["deliveries"] = std::move(deliveries);
    document["courses"] = std::move(courses);
    document["evidence"] = fmt::format("/v1/incidents/{}/evidence", incident.id.text());
    document["truncated"] = truncated;
    add_opening(document, events);
    document["summary"] = summarise(document);
    return document;
}

}  // namespace sonde::controlplane
