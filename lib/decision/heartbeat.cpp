#include "lib/decision/heartbeat.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "lib/decision/step.h"

namespace sonde::decision {
namespace {

using check::PingKind;

bool before(const Ping& a, const Ping& b) { return std::tie(a.at, a.attempt) < std::tie(b.at, b.attempt); }

// False if it is known, or older than all that are kept of its sort.
bool remember(std::vector<Ping>& pings, const Ping& ping) {
    const auto at = std::lower_bound(pings.begin(), pings.end(), ping, before);
    if (at != pings.end() && !before(ping, *at)) return false;
    pings.insert(at, ping);
    const bool finish = is_finish(ping.kind);
    const auto of_its_sort = [finish](const Ping& other) { return is_finish(other.kind) == finish; };
    if (std::count_if(pings.begin(), pings.end(), of_its_sort) <= (finish ? kFinishes : kStarts)) return true;
    const auto oldest = std::find_if(pings.begin(), pings.end(), of_its_sort);
    const bool kept = before(*oldest, ping);
    pings.erase(oldest);
    return kept;
}

// A finish that does not tell its run ends any, and one that tells it ends a start that does not.
bool belongs(const Ping& finish, const Ping& start) { return finish.run.empty() || start.run.empty() || finish.run == start.run; }

// The newest start, unless a finish that belongs to it came after it.
const Ping* open_run(const std::vector<Ping>& pings) {
    for (auto it = pings.rbegin(); it != pings.rend(); ++it) {
        if (it->kind != PingKind::start) continue;
        const bool ended = std::any_of(pings.rbegin(), it, [&](const Ping& later) { return is_finish(later.kind) && belongs(later, *it); });
        return ended ? nullptr : &*it;
    }
    return nullptr;
}

std::optional<milliseconds> last_run(const std::vector<Ping>& pings) {
    for (auto finish = pings.rbegin(); finish != pings.rend(); ++finish) {
        if (!is_finish(finish->kind)) continue;
        for (auto it = std::next(finish); it != pings.rend(); ++it) {
            if (is_finish(it->kind) && it->run == finish->run) break;  // the start before that one was its own
            if (it->kind == PingKind::start && belongs(*finish, *it)) return finish->at - it->at;
        }
    }
    return std::nullopt;
}

const Ping* newest_finish(const std::vector<Ping>& pings) {
    const auto found = std::find_if(pings.rbegin(), pings.rend(), [](const Ping& ping) { return is_finish(ping.kind); });
    return found == pings.rend() ? nullptr : &*found;
}

// What the pings say, read in their order. Lateness stands where it was found: after the success it waited too long for.
Known read_verdict(const Heartbeat& heartbeat, int recovery_rounds) {
    auto known = Known::pending;
    int good = 0;
    bool late = heartbeat.late;
    const auto fall = [&] {
        known = Known::down;
        good = 0;
    };
    for (const auto& ping : heartbeat.pings) {
        if (late && ping.at > heartbeat.late_after) {
            fall();
            late = false;
        }
        if (ping.kind == PingKind::fail) fall();
        if (ping.kind != PingKind::success) continue;
        if (known != Known::down || ++good >= recovery_rounds) known = Known::up;
    }
    if (late) fall();
    return known;
}

std::optional<TimePoint> deadline_of(const MonitorState& state, const Definition& definition) {
    if (state.activity != Activity::active || definition.activity != Activity::active || state.known == Known::down) return std::nullopt;
    const auto& heartbeat = state.heartbeat;
    const auto& plan = *definition.heartbeat;
    std::optional<TimePoint> regular;
    if (heartbeat.last_success != TimePoint{}) {
        regular = plan.expected_after(std::max(heartbeat.last_success, state.watched_since));
        if (regular) *regular += plan.grace;
    }
    const auto* run = open_run(heartbeat.pings);
    if (run == nullptr) return regular;
    if (plan.max_run == milliseconds{0}) return std::min(regular.value_or(TimePoint::max()), run->at + plan.grace);
    // A run that began in time has its own time to finish, though that may be after the regular deadline.
    return regular && run->at > *regular ? regular : std::optional(run->at + plan.max_run);
}

void vote(Step& step, check::Verdict verdict, check::FailureClass cause, Slot slot, int attempt, TimePoint since, std::string message) {
    ResultSeen seen{kPushRegion, slot, attempt, since, verdict, cause, false, std::move(message)};
    cast_vote(step.state.votes, seen, std::min(since, step.now));
}

void vote_by(Step& step, const Ping& finish, const std::string& message) {
    if (finish.kind == PingKind::success) return vote(step, check::Verdict::up, check::FailureClass::none, finish.at, finish.attempt, finish.at, {});
    vote(step, check::Verdict::down, check::FailureClass::heartbeat_failed, finish.at, finish.attempt, finish.at, message);
}

bool is_of(const Ping& ping, const PingSeen& seen) { return ping.at == seen.at && ping.attempt == seen.attempt; }

// The verdict of the pings becomes what is known, with the effects of that.
std::optional<Reason> follow(Step& step) {
    auto& state = step.state;
    const auto verdict = read_verdict(state.heartbeat, step.definition.policy.recovery_rounds);
    if (verdict == state.known || verdict == Known::pending) return std::nullopt;
    auto reason = Reason::heartbeat_failed;
    if (verdict == Known::up) reason = state.known == Known::down ? Reason::heartbeat_recovered : Reason::first_heartbeat;
    if (verdict == Known::up) state.heartbeat.late = false;
    const auto from = step.effects.size();
    become(step, verdict, reason, std::nullopt);
    for (auto i = from; i < step.effects.size(); ++i) {
        // A failure that came after a newer success is no vote, and still what the outage is for.
        auto* joins = std::get_if<Joins>(&step.effects[i]);
        if (joins != nullptr && joins->cause == check::FailureClass::none) joins->cause = check::FailureClass::heartbeat_failed;
    }
    return reason;
}

}  // namespace

Reason ping_seen(Step& step, const PingSeen& ping) {
    auto& state = step.state;
    if (state.activity != Activity::active || step.definition.activity != Activity::active) return Reason::not_watched;
    auto& heartbeat = state.heartbeat;
    if (ping.at < heartbeat.counts_from) return Reason::vote_superseded;
    step.slot = ping.at;
    heartbeat.last_ping = std::max(heartbeat.last_ping, ping.at);
    if (ping.kind == PingKind::log) return Reason::heartbeat_noted;
    if (!remember(heartbeat.pings, {ping.at, ping.attempt, ping.kind, ping.run})) return Reason::vote_superseded;
    if (ping.kind == PingKind::start) return Reason::heartbeat_noted;
    if (ping.kind == PingKind::success) heartbeat.last_success = std::max(heartbeat.last_success, ping.at);

    const auto* newest = newest_finish(heartbeat.pings);
    const bool is_newest = is_of(*newest, ping);
    if (is_newest) vote_by(step, *newest, ping.message);
    const auto reason = follow(step);
    return reason.value_or(is_newest ? Reason::vote_counted : Reason::vote_superseded);
}

Reason silence_passed(Step& step, TimePoint heard_until) {
    auto& state = step.state;
    auto& heartbeat = state.heartbeat;
    if (!heartbeat.deadline || heard_until < *heartbeat.deadline + kLatePingsWay) return Reason::nothing_due;
    const auto deadline = *heartbeat.deadline;
    const auto* run = open_run(heartbeat.pings);
    const auto last = to_rfc3339(heartbeat.last_success);
    auto message = run != nullptr ? fmt::format("started at {}, not finished by {}", to_rfc3339(run->at), to_rfc3339(deadline))
                                  : fmt::format("last success at {}, none since by {}", last, to_rfc3339(deadline));
    heartbeat.late = true;
    heartbeat.late_after = heartbeat.last_success;
    vote(step, check::Verdict::down, check::FailureClass::heartbeat_late, deadline, 0, deadline, std::move(message));
    become(step, Known::down, Reason::heartbeat_late, deadline);
    return Reason::heartbeat_late;
}

Heartbeat resumed(const Heartbeat& before, TimePoint now) {
    Heartbeat heartbeat;
    heartbeat.last_ping = before.last_ping;
    heartbeat.last_success = before.last_success;
    heartbeat.counts_from = now;
    return heartbeat;
}

void settle(MonitorState& state, const Definition& definition) {
    auto& heartbeat = state.heartbeat;
    heartbeat.deadline = deadline_of(state, definition);
    heartbeat.last_run = last_run(heartbeat.pings);
}

}  // namespace sonde::decision
