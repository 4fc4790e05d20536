#include "lib/decision/evidence.h"

namespace sonde::decision {

Json votes_of(const MonitorState& state, const Definition& definition, TimePoint now) {
    Json votes = Json::array();
    for (const auto& voter : definition.voters) {
        Json item;
        item["region"] = voter.name;
        item["failure_domain"] = voter.domain;
        if (voter.standing != Standing::counts) item["standing"] = name_of(voter.standing);
        if (voter.pages) item["pages"] = true;
        const auto* vote = find_vote(state.votes, voter.id);
        if (vote == nullptr) {
            item["verdict"] = "absent";
            item["fresh"] = false;
            votes.push_back(std::move(item));
            continue;
        }
        item["verdict"] = name_of(vote->verdict);
        item["class"] = name_of(vote->cause);
        item["slot"] = to_rfc3339(vote->slot);
        item["attempt"] = vote->attempt;
        item["at"] = to_rfc3339(vote->taken_at);
        item["fresh"] = is_fresh(vote->taken_at, definition, now);
        item["message"] = vote->message;
        votes.push_back(std::move(item));
    }
    return votes;
}

Json evidence_of(const MonitorState& state, const Definition& definition, TimePoint now) {
    Json evidence;
    evidence["votes"] = votes_of(state, definition, now);
    // Nobody is counted where one place tells.
    evidence["rule"] = definition.heartbeat ? "what the job says last, and silence past the deadline" : check::describe(definition.policy);
    return evidence;
}

}  // namespace sonde::decision
