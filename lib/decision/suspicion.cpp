#include <algorithm>

#include "lib/decision/step.h"

namespace sonde::decision {
namespace {

constexpr milliseconds kAnswerGrace{2000};  // for the way there and back
constexpr int kRoundsOfAsking = 3;
constexpr int kDoublings = 6;
constexpr int kLongestHold = 4;  // times the hold: while a region is in doubt, an outage that rests on it waits no longer

bool doubted(const Step& step, RegionId region) {
    const auto& doubt = step.state.doubt;
    return step.now < doubt.ask_again_at && std::binary_search(doubt.regions.begin(), doubt.regions.end(), region);
}

// `delay` is for the region that saw it first, `others` for the rest.
void ask(Step& step, Suspicion& suspicion, std::vector<RegionId> regions, milliseconds delay, milliseconds others) {
    Confirm confirm{suspicion.slot, {}};
    const int attempt = ++suspicion.last_attempt;
    ++suspicion.rounds;
    suspicion.asked.clear();
    suspicion.held_since.reset();
    for (const auto region : regions) {
        const auto not_before = step.wall + (region == suspicion.first ? delay : others);
        // A check that starts within the grace and takes its whole timeout still answers before the deadline.
        confirm.asks.push_back({region, attempt, not_before, not_before + kAnswerGrace});
        suspicion.asked.push_back({region, attempt});
    }
    suspicion.deadline = step.wall + std::max(delay, others) + step.definition.timeout + kAnswerGrace;
    step.effects.emplace_back(std::move(confirm));
}

// Other domains first: their answers decide.
std::vector<RegionId> everybody(const Step& step, RegionId first) {
    const auto* seen_from = step.definition.voter(first);
    std::vector<RegionId> regions;
    for (const bool other_domain : {true, false}) {
        for (const auto& voter : step.definition.voters) {
            if (voter.standing != Standing::counts) continue;
            const bool other = seen_from == nullptr || voter.domain_index != seen_from->domain_index;
            if (other == other_domain) regions.push_back(voter.id);
        }
    }
    return regions;
}

void ask_first_time(Step& step, Suspicion& suspicion) {
    auto regions = everybody(step, suspicion.first);
    const auto delay = step.definition.policy.confirm_delay;
    if (!confirms_in_place(step.definition, suspicion.first)) return ask(step, suspicion, std::move(regions), milliseconds{0}, milliseconds{0});
    // The region itself looks again after the delay. Others that cannot confirm, but may help to explain, do so with it.
    ask(step, suspicion, std::move(regions), delay, confirms_in_place(step.definition) ? delay : milliseconds{0});
}

// What was asked for was looked at later than what it was asked for, whatever the clocks say: two that are behind tell the same instant.
bool answers(const Suspicion& suspicion, const Vote& vote) {
    return vote.slot == suspicion.slot && vote.attempt > suspicion.last_attempt - suspicion.rounds;
}

bool witnesses(const Step& step, const Suspicion& suspicion, const Vote& vote) {
    if (!is_worse(step, vote) || vote.backfilled) return false;
    if (vote.taken_at <= suspicion.first_at && !answers(suspicion, vote)) return false;
    if (vote.region == suspicion.first) return false;
    if (confirms_in_place(step.definition, suspicion.first)) return true;
    const auto* voter = step.definition.voter(vote.region);
    const auto* first = step.definition.voter(suspicion.first);
    return voter != nullptr && (first == nullptr || voter->domain_index != first->domain_index);
}

bool is_confirmed(const Step& step, const Suspicion& suspicion) {
    const auto& votes = step.state.votes;
    if (!step.definition.policy.confirm) {
        return std::any_of(votes.begin(), votes.end(), [&](const Vote& vote) { return is_worse(step, vote) && !vote.backfilled; });
    }
    if (confirms_in_place(step.definition, suspicion.first)) {
        const auto* vote = find_vote(votes, suspicion.first);
        if (vote != nullptr && !vote->backfilled && suspicion.repeats > step.definition.policy.confirm_attempts) return true;
    }
    return std::any_of(votes.begin(), votes.end(), [&](const Vote& vote) { return witnesses(step, suspicion, vote); });
}

Reason end_in_doubt(Step& step, Reason reason) {
    auto& state = step.state;
    auto& doubt = state.doubt;
    for (const auto& vote : state.votes) {
        if (!is_worse(step, vote)) continue;
        const auto at = std::lower_bound(doubt.regions.begin(), doubt.regions.end(), vote.region);
        if (at == doubt.regions.end() || *at != vote.region) doubt.regions.insert(at, vote.region);
    }
    doubt.times = std::min(doubt.times + 1, kDoublings);
    doubt.ask_again_at = step.now + step.definition.cadence() * (std::int64_t{1} << doubt.times);
    state.suspicion.reset();
    step.note(NoteKind::refuted, state.shown(), state.shown(), reason);
    return reason;
}

Reason ask_again(Step& step, Reason reason) {
    auto& suspicion = *step.state.suspicion;
    if (confirms_in_place(step.definition, suspicion.first)) {
        ask(step, suspicion, {suspicion.first}, step.definition.policy.confirm_delay, milliseconds{0});
    } else {
        ask(step, suspicion, everybody(step, suspicion.first), milliseconds{0}, milliseconds{0});
    }
    step.note(NoteKind::confirming, step.state.shown(), step.state.shown(), reason);
    return reason;
}

Reason open(Step& step) {
    const auto first_at = step.state.suspicion->first_at;
    const bool down = step.tally.outcome == Outcome::down;
    const bool by_one = step.tally.paging_down > 0 && step.tally.down < step.tally.needed;
    const auto reason = !down ? Reason::quorum_degraded : by_one ? Reason::paging_region_down : Reason::quorum_down;
    become(step, down ? Known::down : Known::degraded, reason, first_at);
    return reason;
}

// All that see it are of one domain: if they are ill, nothing is wrong with the target.
bool rests_on_one_domain(const Step& step) {
    std::optional<int> domain;
    for (const auto& vote : step.state.votes) {
        if (!is_worse(step, vote)) continue;
        const int its = step.definition.voter(vote.region)->domain_index;
        if (domain && *domain != its) return false;
        domain = its;
    }
    return true;
}

// True while the outage has to wait for the judgement of the regions that see it.
bool waits(const Step& step, const Suspicion& suspicion) {
    if (step.definition.hold == milliseconds{0} || !rests_on_one_domain(step)) return false;
    return !suspicion.held_since || step.now < suspicion.deadline;
}

// Nothing if it waits already.
std::optional<Reason> hold(Step& step, Suspicion& suspicion) {
    if (suspicion.held_since) return std::nullopt;
    suspicion.held_since = step.now;
    suspicion.deadline = step.now + step.definition.hold;
    suspicion.asked.clear();
    step.note(NoteKind::confirming, step.state.shown(), step.state.shown(), Reason::region_in_doubt);
    return Reason::region_in_doubt;
}

// Decides on the suspicion as it stands, nobody being overdue.
std::optional<Reason> weigh(Step& step) {
    auto& suspicion = *step.state.suspicion;
    const bool worse = quorum_sees_worse(step);
    if (worse && is_confirmed(step, suspicion)) return waits(step, suspicion) ? hold(step, suspicion) : open(step);
    if (!anybody_sees_worse(step)) return end_in_doubt(step, Reason::recheck_passed);
    if (!suspicion.asked.empty() || !step.definition.policy.confirm) return std::nullopt;
    if (step.tally.outcome == Outcome::too_few) return end_in_doubt(step, Reason::confirmation_unanswered);
    if (!worse) return end_in_doubt(step, Reason::confirmation_refuted);
    // Everybody has answered, and it takes more: the next attempt in place, or votes that all began in the same instant.
    if (!confirms_in_place(step.definition, suspicion.first) && suspicion.rounds >= kRoundsOfAsking) {
        return end_in_doubt(step, Reason::confirmation_unanswered);
    }
    return ask_again(step, Reason::confirmation_repeated);
}

}  // namespace

bool anybody_sees_worse(const Step& step) {
    return std::any_of(step.state.votes.begin(), step.state.votes.end(), [&](const Vote& vote) { return is_worse(step, vote); });
}

Reason judged(Step& step, bool well) {
    auto& suspicion = step.state.suspicion;
    if (step.state.activity != Activity::active || step.definition.activity != Activity::active) return Reason::not_watched;
    if (!suspicion || !suspicion->held_since) return Reason::nothing_due;
    step.count();
    if (!well) {
        suspicion->deadline = *suspicion->held_since + step.definition.hold * kLongestHold;
        return Reason::nothing_due;
    }
    suspicion->deadline = std::min(suspicion->deadline, step.now);
    return weigh(step).value_or(Reason::nothing_due);
}

std::optional<Reason> will_not_answer(Step& step, const ResultSeen& result) {
    auto& suspicion = step.state.suspicion;
    if (!suspicion || result.slot != suspicion->slot) return std::nullopt;
    const auto gone = std::erase_if(suspicion->asked, [&](const Asked& asked) {
        return asked.region == result.region && asked.attempt == result.attempt;
    });
    if (gone == 0 || !suspicion->asked.empty()) return std::nullopt;
    return weigh(step);
}

std::optional<Reason> suspect(Step& step, const Vote& vote) {
    auto& state = step.state;
    if (!state.suspicion) {
        if (!is_worse(step, vote)) return std::nullopt;
        if (doubted(step, vote.region) && !quorum_sees_worse(step)) return std::nullopt;
        state.suspicion = Suspicion{.first = vote.region, .first_at = vote.taken_at, .slot = vote.slot, .repeats = 1,
                                    .last_attempt = vote.attempt, .rounds = 0, .deadline = step.now, .asked = {}, .held_since = {}};
        if (!step.definition.policy.confirm) {
            state.suspicion->deadline = step.now + step.definition.freshness();
            return weigh(step);
        }
        ask_first_time(step, *state.suspicion);
        const auto reason = quorum_sees_worse(step) ? Reason::quorum_unconfirmed : Reason::below_quorum;
        step.note(NoteKind::confirming, state.shown(), state.shown(), reason);
        return reason;
    }

    auto& suspicion = *state.suspicion;
    std::erase_if(suspicion.asked, [&](const Asked& asked) {
        return asked.region == vote.region && (vote.slot > suspicion.slot || vote.attempt >= asked.attempt);
    });
    if (is_worse(step, vote)) {
        if (vote.region == suspicion.first) {
            ++suspicion.repeats;
            if (confirms_in_place(step.definition)) {
                suspicion.rounds = 0;  // it answers: only questions without an answer are given up
                // Attempts at the earlier slot would come too late to be votes.
                suspicion.slot = std::max(suspicion.slot, vote.slot);
            }
        } else if (vote.taken_at < suspicion.first_at) {
            suspicion.first = vote.region;
            suspicion.first_at = vote.taken_at;
            suspicion.repeats = 1;
        }
    } else if (vote.region == suspicion.first) {
        suspicion.repeats = 0;
    }
    return weigh(step);
}

std::optional<Reason> answers_overdue(Step& step) {
    auto& state = step.state;
    if (!state.suspicion || step.now < state.suspicion->deadline) return std::nullopt;
    auto& suspicion = *state.suspicion;
    if (!anybody_sees_worse(step)) return end_in_doubt(step, Reason::recheck_passed);
    if (suspicion.held_since && quorum_sees_worse(step) && is_confirmed(step, suspicion)) return open(step);
    if (step.definition.policy.confirm && suspicion.rounds < kRoundsOfAsking) return ask_again(step, Reason::confirmation_repeated);
    return end_in_doubt(step, Reason::confirmation_unanswered);
}

}  // namespace sonde::decision
