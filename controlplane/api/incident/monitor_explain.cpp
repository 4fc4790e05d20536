#include "controlplane/api/incident/monitor_explain.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/history/replay_source.h"
#include "controlplane/api/history/result.h"
#include "controlplane/api/history/wording.h"
#include "controlplane/api/monitor/site_store.h"
#include "lib/decision/evidence.h"

namespace sonde::controlplane::monitor_explain_api {
namespace {

constexpr int kMostResults = 20'000;
constexpr std::size_t kResultsShown = 50;

constexpr db::Statement kRecorded{"monitor_explain_recorded", R"(
    select id, at, slot, kind, from_state, to_state, reason, incident_id, votes, monitor_id from decision
    where monitor_id = $1 and at <= $2::timestamptz and kind = 'transition' order by at desc, id desc limit 1)"};

constexpr db::Statement kDecisions{"monitor_explain_decisions", R"(
    select id, at, slot, kind, from_state, to_state, reason, incident_id, votes, monitor_id from decision
    where monitor_id = $1 and at <= $2::timestamptz order by at desc, id desc limit 20)"};

constexpr db::Statement kIncidents{"monitor_explain_incidents", R"(
    select i.id, i.title, i.scope, i.opened_at, j.joined_at, j.left_at
    from incident_monitor j join incident i on i.id = j.incident_id
    where j.monitor_id = $1 and i.opened_at <= $2::timestamptz and j.joined_at <= $2::timestamptz
      and coalesce(j.left_at, 'infinity') > $2::timestamptz order by i.id)"};

Json present_incident(const db::Row& row) {
    return {{"id", row.id<IncidentId>(0).text()}, {"title", row.text(1)}, {"scope", row.text(2)}, {"opened_at", to_rfc3339(row.time(3))},
            {"joined_at", to_rfc3339(row.time(4))}, {"left_at", instant_or_null(row, 5)}};
}

Json present_tally(const decision::Tally& tally) {
    constexpr std::array outcomes{"up", "degraded", "down", "undecided", "too_few"};
    return {{"configured", tally.configured}, {"fresh", tally.fresh}, {"up", tally.up}, {"degraded", tally.degraded}, {"down", tally.down},
            {"needed", tally.needed}, {"outcome", outcomes[static_cast<std::size_t>(tally.outcome)]}};
}

Json present_results(const decision::Replay& replay, const decision::Definition& definition) {
    Json results = Json::array();
    for (const auto& seen : replay.results()) {
        const auto* result = std::get_if<decision::ResultSeen>(&seen.result.what);
        if (result == nullptr) continue;
        const auto* voter = definition.voter(result->region);
        const bool counted = seen.reason != decision::Reason::vote_late && seen.reason != decision::Reason::vote_superseded &&
                             seen.reason != decision::Reason::vote_from_stranger && seen.reason != decision::Reason::agents_fault;
        results.push_back({{"region", voter != nullptr ? Json(voter->name) : Json(nullptr)}, {"slot", to_rfc3339(result->slot)},
                           {"attempt", result->attempt}, {"received_at", to_rfc3339(seen.result.received_at)},
                           {"verdict", name_of(result->verdict)}, {"class", name_of(result->cause)}, {"backfilled", result->backfilled},
                           {"counted", counted}, {"reason", name_of(seen.reason)}, {"sentence", describe_reason(name_of(seen.reason))}});
    }
    return results;
}

// What would have had to be otherwise for an incident to open.
std::string describe_need(const decision::MonitorState& state, const decision::Tally& tally, const decision::Definition& definition, TimePoint at) {
    if (definition.heartbeat) {
        if (!state.heartbeat.deadline) return "Of a job that nothing was heard of yet nothing is expected.";
        return fmt::format("Silence was in order until {}.", to_rfc3339(*state.heartbeat.deadline));
    }
    const auto of = fmt::format("{} of {} failure domains had fresh votes: {} down, {} degraded, {} up", tally.fresh, tally.configured, tally.down,
                                tally.degraded, tally.up);
    if (tally.outcome == decision::Outcome::too_few) {
        return fmt::format("{}. The rule needs {} to say anything.", of, decision::needed_fresh(definition.policy.quorum, tally.configured));
    }
    const int lack = tally.needed - tally.down;
    if (lack > 0) {
        return fmt::format("{}. The rule takes {} down: {} more would have had to see it.", of, tally.needed, lack);
    }
    if (state.known == decision::Known::down) return fmt::format("{}. The rule takes {} down, and it was down.", of, tally.needed);
    if (state.suspicion) {
        return fmt::format("{}. The rule takes {} down, which was reached, but it was not confirmed yet: answers were awaited until {}.", of,
                           tally.needed, to_rfc3339(state.suspicion->deadline));
    }
    return fmt::format("{}. The rule takes {} down, which was reached, but no confirmation was under way{}.", of, tally.needed,
                       state.doubt.ask_again_at > at ? ", for an earlier one was refuted" : "");
}

Json summarise(const Json& document) {
    Json sentences = Json::array();
    const auto& recorded = document["recorded"];
    if (recorded.is_null()) {
        sentences.push_back("No change of its state is recorded up to then.");
    } else {
        sentences.push_back(fmt::format("It was {} since {}, for {}.", text_in(recorded, "to"), text_in(recorded, "at"),
                                        describe_reason(text_in(recorded, "reason"))));
    }
    sentences.push_back(fmt::format("The rule: {}. The votes: {}.", text_in(document, "rule"), describe_votes(document["votes"])));
    sentences.push_back(document["needed"]);
    int uncounted = 0;
    for (const auto& result : document["results"]) uncounted += result["counted"] == false ? 1 : 0;
    if (uncounted > 0) sentences.push_back(fmt::format("{} of the last results were not counted; each says why.", uncounted));
    for (const auto& incident : document["incidents"]) {
        sentences.push_back(fmt::format("It took part in {}, \"{}\", since {}: whoever should be paged was told of that one.",
                                        text_in(incident, "id"), text_in(incident, "title"), text_in(incident, "joined_at")));
    }
    if (document["incidents"].empty()) sentences.push_back("It took part in no open incident, so nobody was paged for it.");
    for (const auto& decision : document["decisions"]) {
        if (decision["kind"] == "transition") break;
        sentences.push_back(fmt::format("Before, at {}: {}", text_in(decision, "at"), text_in(decision, "sentence")));
        if (sentences.size() >= 10) break;
    }
    return sentences;
}

http::Response explain(Backend& backend, const Call& call) {
    const auto id = path_id<MonitorId>(call, "monitor_id");
    Query query(call.request);
    const auto now = wall_now();
    const auto at = query.instant("at").value_or(now);
    if (at > now + seconds{1}) query.refuse("at", "must not be in the future");
    query.finish();
    return call.transact(backend, [&](db::Tx& tx) {
        const auto monitor = monitor_store::find(tx, id);
        if (!monitor) not_found("there is no such monitor");
        const auto site = site_store::find(tx, monitor->draft.site_id);
        const auto definition = definition_of(*monitor, site ? site->draft.name : "", regions_of_votes(tx));
        const auto since = at - warm_up_of(definition);
        decision::Replay replay({.unmade = decision::Unmade::unanswered, .notes = 0, .results = kResultsShown});
        replay.watch(definition, since);
        bool complete = true;
        try {
            each_result(tx, {id}, definition.heartbeat.has_value(), {since, at + definition.cadence(), kMostResults},
                        [&](decision::StoredResult result) {
                            if (result.received_at <= at) replay.feed(std::move(result));
                        });
        } catch (const TooManyResults&) {
            complete = false;
        }
        replay.finish(at);
        const auto& state = *replay.state_of(id);
        const auto tally = decision::tally(state.votes, definition, at);
        const auto evidence = decision::evidence_of(state, definition, at);
        Json document;
        document["monitor_id"] = id.text();
        document["at"] = to_rfc3339(at);
        const auto recorded = tx.run(kRecorded, {id, at});
        document["recorded"] = recorded.empty() ? Json(nullptr) : present_decision(recorded[0]);
        document["replayed_state"] = name_of(state.shown());
        document["replayed_from"] = to_rfc3339(since);
        document["rule"] = evidence["rule"];
        document["votes"] = with_marks(evidence["votes"]);
        document["tally"] = present_tally(tally);
        document["needed"] = describe_need(state, tally, definition, at);
        document["confirming_until"] = state.suspicion ? Json(to_rfc3339(state.suspicion->deadline)) : Json(nullptr);
        document["doubted_until"] = state.doubt.ask_again_at > at ? Json(to_rfc3339(state.doubt.ask_again_at)) : Json(nullptr);
        document["results"] = present_results(replay, definition);
        document["incidents"] = Json::array();
        for (const auto row : tx.run(kIncidents, {id, at})) document["incidents"].push_back(present_incident(row));
        document["decisions"] = Json::array();
        for (const auto row : tx.run(kDecisions, {id, at})) document["decisions"].push_back(present_decision(row));
        document["complete"] = complete;
        document["summary"] = summarise(document);
        return http::Response::json(document);
    });
}

}  // namespace

Endpoints endpoints() {
    return {{http::Method::get, "/v1/monitors/{monitor_id}/explain", Permission::monitors_read, explain}};
}

}  // namespace sonde::controlplane::monitor_explain_api
