#include "lib/decision/group.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/json/reader.h"

namespace sonde::decision {
namespace {

bool falls_short(int members, int failed, int needed) { return failed > 0 && members - failed < needed; }

State state_of(const GroupDefinition& definition, const GroupCount& count, std::span<const MemberSeen> members) {
    if (!definition.active || count.members == 0) return State::paused;
    if (falls_short(count.members, count.down, definition.needed)) return State::down;
    if (count.up + count.degraded < std::min(definition.needed, count.members)) {
        const bool all_new = count.up + count.degraded + count.down == 0 &&
                             std::all_of(members.begin(), members.end(), [](const MemberSeen& one) { return !one.watched || one.footing.known == Known::pending; });
        return all_new ? State::pending : State::unknown;
    }
    const bool lost = std::any_of(members.begin(), members.end(), [](const MemberSeen& one) {
        return one.watched && !one.footing.counts && one.footing.known != Known::pending;
    });
    return lost || count.down + count.degraded > 0 ? State::degraded : State::up;
}

// Since when too few are left: the failure with which that began.
std::optional<TimePoint> short_since(const GroupDefinition& definition, const GroupCount& count, std::span<const MemberSeen> members) {
    std::vector<TimePoint> failures;
    for (const auto& member : members) {
        if (member.watched && member.footing.down() && !member.footing.excused && member.failing_since) failures.push_back(*member.failing_since);
    }
    if (failures.empty()) return std::nullopt;
    std::sort(failures.begin(), failures.end());
    const auto place = std::clamp(count.members - definition.needed, 0, static_cast<int>(failures.size()) - 1);
    return failures[static_cast<std::size_t>(place)];
}

}  // namespace

MemberSeen member_seen(const MonitorState* state, const Definition* definition) {
    MemberSeen seen;
    if (state == nullptr || state->activity != Activity::active) return seen;
    seen.watched = true;
    seen.footing = footing_of(*state);
    for (const auto& vote : state->votes) {
        if (definition != nullptr && !definition->counts(vote.region)) continue;
        if (vote.verdict == check::Verdict::down) seen.failing_since = std::min(seen.failing_since.value_or(vote.failing_since), vote.failing_since);
    }
    return seen;
}

GroupCount count_members(std::span<const MemberSeen> members) {
    GroupCount count;
    for (const auto& member : members) {
        if (!member.watched) continue;
        ++count.members;
        if (!member.footing.counts) ++count.unknown;
        else if (member.footing.known == Known::up) ++count.up;
        else if (member.footing.known == Known::degraded) ++count.degraded;
        else ++count.down;
        if (member.footing.down() && member.footing.excused) ++count.excused;
    }
    return count;
}

bool is_down(const GroupDefinition& definition, std::span<const MemberSeen> members) {
    const auto count = count_members(members);
    return definition.active && falls_short(count.members, count.down, definition.needed);
}

GroupDecision decide(GroupState state, const GroupDefinition& definition, std::span<const MemberSeen> members, bool in_maintenance, TimePoint now) {
    GroupDecision decision;
    const auto count = count_members(members);
    const auto real = state_of(definition, count, members);
    const auto shown = in_maintenance && real != State::paused ? State::maintenance : real;
    const bool down = real == State::down;
    const bool by_itself = falls_short(count.members, count.down - count.excused, definition.needed);
    if (shown != state.shown || state.since == TimePoint{}) {
        decision.changed = shown != state.shown;
        decision.reason = down ? Reason::group_down : state.shown == State::down ? Reason::group_recovered : Reason::nothing_due;
        if (shown == State::maintenance) decision.reason = Reason::maintenance_started;
        if (state.shown == State::maintenance) decision.reason = Reason::maintenance_ended;
        state.shown = shown;
        state.since = now;
    }
    state.count = count;
    if (!down && !state.in_outage) {
        state.failing_since.reset();
    } else if (!state.failing_since) {
        state.failing_since = short_since(definition, count, members).value_or(now);
    }
    // Creation is suppressed; what is open stays until enough are known to be well, or the group speaks no longer.
    const bool enough = count.members == 0 || count.up + count.degraded >= std::min(definition.needed, count.members);
    if (state.in_outage && ((!down && enough) || !definition.pages || !definition.active)) {
        state.in_outage = false;
        decision.leaves = true;
    } else if (!state.in_outage && down && definition.pages && by_itself && !in_maintenance) {
        state.in_outage = true;
        decision.joins = true;
        if (decision.reason == Reason::nothing_due) decision.reason = Reason::group_down;
    }
    state.withheld = down && definition.pages && !state.in_outage;
    decision.next = std::move(state);
    return decision;
}

std::string write_state(const GroupState& state) {
    const auto& count = state.count;
    auto text = fmt::format(R"({{"state":"{}","since":{},"members":{},"up":{},"degraded":{},"down":{},"excused":{},"unknown":{})", name_of(state.shown),
                            to_unix_ms(state.since), count.members, count.up, count.degraded, count.down, count.excused, count.unknown);
    if (state.in_outage) text += R"(,"in_outage":true)";
    if (state.withheld) text += R"(,"withheld":true)";
    if (state.failing_since) text += fmt::format(R"(,"failing_since":{})", to_unix_ms(*state.failing_since));
    return text + "}";
}

Result<GroupState> read_group_state(std::string_view text) {
    const auto document = json::parse(text);
    if (!document) return Error{"group state " + document.error().message};
    GroupState state;
    json::Problems problems;
    json::Reader in(*document, "", problems);
    in.require({"state", "since"});
    in.name("state", state.shown);
    std::int64_t ms = 0;
    if (in.whole("since", ms, INT64_MIN / 2, INT64_MAX / 2)) state.since = from_unix_ms(ms);
    for (const auto& [field, target] : {std::pair{"members", &state.count.members}, {"up", &state.count.up}, {"degraded", &state.count.degraded},
                                        {"down", &state.count.down}, {"excused", &state.count.excused}, {"unknown", &state.count.unknown}}) {
        in.whole(field, *target, 0, INT32_MAX);
    }
    in.boolean("in_outage", state.in_outage);
    in.boolean("withheld", state.withheld);
    if (in.whole("failing_since", ms, INT64_MIN / 2, INT64_MAX / 2)) state.failing_since = from_unix_ms(ms);
    in.finish();
    if (!problems.empty()) return Error{fmt::format("group state {}: {}", problems[0].pointer, problems[0].detail)};
    return state;
}

}  // namespace sonde::decision
