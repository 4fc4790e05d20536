#include "controlplane/api/explain.h"

#include <fmt/format.h>

#include "controlplane/api/delivery.h"
#include "controlplane/api/result.h"
#include "controlplane/api/stored.h"
#include "lib/check/policy.h"

namespace sonde::controlplane {
namespace {

constexpr int kMaxItems = 500;

// Not only the decisions that carry the incident's number: also what led to it, and what did not, while it lasted.
constexpr db::Statement kDecisions{"explain_decisions", R"(
    select id, at, slot, kind, from_state, to_state, reason, incident_id, votes, monitor_id from decision
    where monitor_id in (select monitor_id from incident_monitor where incident_id = $1)
      and (incident_id = $1 or at between $2::timestamptz - interval '1 second' and coalesce($3::timestamptz, now()))
    order by id limit $4)"};

constexpr db::Statement kEvents{"explain_events", R"(
    select at, kind, actor, reason, data from incident_event where incident_id = $1 order by seq limit $2)"};

constexpr db::Statement kPolicy{"explain_policy", R"(
    select m.policy from incident_monitor j join monitor m on m.id = j.monitor_id
    where j.incident_id = $1 order by j.joined_at, j.monitor_id limit 1)"};

std::string text_in(const Json& object, std::string_view field) {
    if (!object.is_object()) return {};
    const auto found = object.find(field);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string present_rule(db::Tx& tx, IncidentId incident) {
    const auto rows = tx.run(kPolicy, {incident});
    if (rows.empty()) return {};
    json::Problems problems;
    const auto policy = check::read_policy(stored_json(rows[0].text(0)), "", problems);
    return problems.empty() ? check::describe(policy) : std::string{};
}

// `eu: down (connect_refused), us: down (connect_refused), ap: up`
std::string describe_votes(const Json& votes) {
    std::string text;
    for (const auto& vote : votes) {
        if (!text.empty()) text += ", ";
        text += fmt::format("{}: {}", text_in(vote, "region"), text_in(vote, "verdict"));
        if (const auto cause = text_in(vote, "class"); !cause.empty() && cause != "none") text += fmt::format(" ({})", cause);
        if (const auto standing = text_in(vote, "standing"); !standing.empty()) text += ", not counted: " + standing;
        if (vote.contains("fresh") && vote["fresh"] == false) text += ", too old to count";
    }
    return text.empty() ? "none" : text;
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
    return fmt::format("{}: not sent{}.", what, why);
}

Json present_event(const db::Row& row) {
    Json event;
    event["at"] = to_rfc3339(row.time(0));
    event["kind"] = row.text(1);
    event["actor"] = row.text(2);
    event["reason"] = row.text(3);
    event["data"] = stored_json(row.text(4));
    return event;
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
        if (auto votes = votes_in(event["data"]); !votes.empty()) opened["votes"] = std::move(votes);
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
    sentences.push_back(fmt::format("The first failing check began at {}.", text_in(incident, "failing_since")));
    sentences.push_back(fmt::format("The incident was opened at {}, for {}; what failed: {}.", text_in(opened, "at"),
                                    text_in(opened, "reason"), names.empty() ? "nothing that is still known" : names));
    sentences.push_back(fmt::format("The rule: {}. The votes: {}.", text_in(explained, "rule"), describe_votes(opened["votes"])));
    if (const auto by = text_in(incident, "acknowledged_by"); !by.empty()) {
        sentences.push_back(fmt::format("Acknowledged at {} by {}.", text_in(incident, "acknowledged_at"), by));
    }
    const auto resolved = text_in(incident, "resolved_at");
    sentences.push_back(resolved.empty() ? std::string("It is not resolved.")
                                         : fmt::format("Resolved at {} by {}.", resolved, text_in(incident, "resolved_by")));
    if (explained["deliveries"].empty()) sentences.push_back("Nobody has been told: no delivery has been planned.");
    for (const auto& delivery : explained["deliveries"]) sentences.push_back(describe_delivery(delivery));
    return sentences;
}

Json explain_incident(db::Tx& tx, const Incident& incident) {
    Json events = Json::array();
    for (const auto row : tx.run(kEvents, {incident.id, kMaxItems})) events.push_back(present_event(row));
    Json decisions = Json::array();
    for (const auto row : tx.run(kDecisions, {incident.id, incident.failing_since, incident.resolved_at, kMaxItems + 1})) {
        decisions.push_back(present_decision(row));
    }
    auto deliveries = deliveries_of_incident(tx, incident.id, kMaxItems + 1);
    bool truncated = false;
    for (auto* list : {&decisions, &deliveries}) {
        if (list->size() <= static_cast<std::size_t>(kMaxItems)) continue;
        list->erase(list->size() - 1);
        truncated = true;
    }
    Json document;
    document["incident"] = incident.document;
    document["rule"] = rule_of(tx, incident, events, decisions);
    document["opened"] = nullptr;
    document["decisions"] = std::move(decisions);
    document["deliveries"] = std::move(deliveries);
    document["evidence"] = fmt::format("/v1/incidents/{}/evidence", incident.id.text());
    document["truncated"] = truncated;
    add_opening(document, events);
    document["summary"] = summarise(document);
    return document;
}

}  // namespace sonde::controlplane
