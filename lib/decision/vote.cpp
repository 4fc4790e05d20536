#include "lib/decision/vote.h"

#include <algorithm>
#include <tuple>

namespace sonde::decision {
namespace {

bool before(const Vote& vote, RegionId region) { return vote.region < region; }

// One line; cut between characters, never within one.
std::string shorten(std::string_view text) {
    std::size_t end = text.size();
    if (end > kMessageBytes) {
        end = kMessageBytes;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    }
    std::string line(text.substr(0, end));
    std::replace_if(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return line;
}

}  // namespace

TimePoint taken_at(const ResultSeen& result, TimePoint received_at) {
    return std::min(std::max(result.started_at, result.slot), received_at);
}

const Vote* find_vote(const std::vector<Vote>& votes, RegionId region) {
    const auto at = std::lower_bound(votes.begin(), votes.end(), region, before);
    return at != votes.end() && at->region == region ? &*at : nullptr;
}

Vote* find_vote(std::vector<Vote>& votes, RegionId region) {
    const auto at = std::lower_bound(votes.begin(), votes.end(), region, before);
    return at != votes.end() && at->region == region ? &*at : nullptr;
}

bool supersedes(const ResultSeen& result, const Vote& vote) {
    return std::tie(result.slot, result.attempt) > std::tie(vote.slot, vote.attempt);
}

Vote& cast_vote(std::vector<Vote>& votes, const ResultSeen& result, TimePoint taken) {
    auto at = std::lower_bound(votes.begin(), votes.end(), result.region, before);
    if (at == votes.end() || at->region != result.region) {
        at = votes.insert(at, Vote{});
        at->region = result.region;
    }
    Vote& vote = *at;
    if (rank(result.verdict) == 0) {
        if (vote.failing_slots > 0) vote.well_from = result.slot;
        vote.failing_slots = 0;
        vote.failing_since = {};
    } else if (vote.failing_slots == 0) {
        vote.failing_slots = 1;
        vote.failing_since = taken;
        vote.well_from = {};
    } else if (result.slot > vote.slot) {
        ++vote.failing_slots;
    }
    vote.slot = result.slot;
    vote.attempt = result.attempt;
    vote.taken_at = taken;
    vote.verdict = result.verdict;
    vote.cause = result.cause;
    vote.backfilled = result.backfilled;
    if (result.message.empty()) {
        vote.message.clear();
    } else {
        vote.message = shorten(result.message);
    }
    if (std::none_of(votes.begin(), votes.end(), [](const Vote& one) { return one.failing_slots > 0; })) {
        for (auto& one : votes) one.well_from = {};
    }
    return vote;
}

}  // namespace sonde::decision
