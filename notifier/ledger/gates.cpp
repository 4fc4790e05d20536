#include "notifier/ledger/gates.h"

#include <algorithm>

#include "lib/channel/declaration.h"

namespace sonde::notifier {
namespace {

// In one order, so that two notifiers wait for each other and not in a circle. `offset 0`: it must not become a join over the whole queue, which most channels need no gate for.
constexpr db::Statement kGates{"gates", R"sql(
    select h.channel_id, c.kind, c.flow::text, h.failures, h.open_since, h.probe_at, h.cool_off_ms, h.tokens, h.tokens_at, clock_timestamp()
    from channel_health h join channel c on c.id = h.channel_id
    where (h.open_since is not null or c.kind = any($1::text[]) or jsonb_typeof(c.flow -> 'rate') = 'object')
      and exists (select from delivery d where d.channel_id = c.id and d.state in ('planned', 'sending') and d.next_at <= now() offset 0)
    order by h.channel_id for update of h)sql"};

// Tokens are counted on from when the attempts are on record as begun: however long that took, no more of them begin in a while than may.
constexpr db::Statement kTook{"gate_took", R"sql(
    update channel_health set probe_at = $2, tokens = $3, tokens_at = greatest($4::timestamptz, case when $4::timestamptz is not null then clock_timestamp() end) where channel_id = $1)sql"};

constexpr db::Statement kHealth{"gate_health", R"sql(
    select failures, open_since, probe_at, cool_off_ms from channel_health where channel_id = $1 for update)sql"};
constexpr db::Statement kHealthy{"gate_healthy", R"sql(
    update channel_health set failures = $2, open_since = $3, probe_at = $4, cool_off_ms = $5, last_error = coalesce($6, last_error),
           last_error_at = case when $6 is null then last_error_at else clock_timestamp() end
    where channel_id = $1)sql"};

Breaker read_breaker(const db::Row& row, int first) {
    return {row.small(first), row.maybe(first + 1, &db::Row::time), row.maybe(first + 2, &db::Row::time).value_or(TimePoint{}), milliseconds{row.whole(first + 3)}};
}

}  // namespace

const std::vector<std::string>& Gates::limited_kinds() {
    static const std::vector<std::string> kinds = [] {
        std::vector<std::string> made;
        for (const auto& one : channel::declarations()) {
            if (one.rate) made.push_back(one.kind);
        }
        return made;
    }();
    return kinds;
}

Gates::Gates(db::Tx& tx) : tx_(tx) {
    for (const auto row : tx.run(kGates, {limited_kinds()})) {
        auto& gate = gates_[row.id<ChannelId>(0)];
        const auto* kind = channel::find(row.text(1));
        gate.rate = channel::stored_flow(row.text(2)).rate;
        if (!gate.rate && kind != nullptr) gate.rate = kind->rate;
        gate.breaker = read_breaker(row, 3);
        now_ = row.time(9);
        gate.bucket = {row.real(7), row.maybe(8, &db::Row::time).value_or(TimePoint{})};
        if (gate.rate) gate.bucket = filled(*gate.rate, gate.bucket, now_);
    }
}

std::unordered_map<ChannelId, int> Gates::allowed() const {
    std::unordered_map<ChannelId, int> all;
    for (const auto& [channel, gate] : gates_) {
        const auto by_breaker = attempts_allowed(gate.breaker, now_);
        if (by_breaker) all[channel] = *by_breaker;
        if (!gate.rate) continue;
        const int by_rate = allowance(gate.bucket);
        all[channel] = by_breaker ? std::min(*by_breaker, by_rate) : by_rate;
    }
    return all;
}

std::vector<std::int64_t> Gates::held() const {
    std::vector<std::int64_t> channels;
    for (const auto& [channel, gate] : gates_) channels.push_back(channel.value());
    return channels;
}

std::vector<std::int64_t> Gates::open() const {
    std::vector<std::int64_t> channels;
    for (const auto& [channel, gate] : gates_) {
        if (gate.breaker.open_since) channels.push_back(channel.value());
    }
    return channels;
}

void Gates::took(ChannelId channel, milliseconds lease) {
    const auto found = gates_.find(channel);
    if (found == gates_.end()) return;
    auto& gate = found->second;
    if (gate.breaker.open_since) gate.breaker = probing(gate.breaker, lease, now_);
    if (gate.rate) gate.bucket.tokens -= 1;
    gate.changed = true;
}

void Gates::save() {
    for (auto& [channel, gate] : gates_) {
        if (!gate.changed) continue;
        const auto probe_at = gate.breaker.open_since ? std::optional(gate.breaker.probe_at) : std::nullopt;
        const auto tokens_at = gate.rate ? std::optional(gate.bucket.at) : std::nullopt;
        tx_.run(kTook, {channel, probe_at, gate.bucket.tokens, tokens_at});
        gate.changed = false;
    }
}

std::optional<milliseconds> Gates::wait() const {
    std::optional<milliseconds> least;
    for (const auto& [channel, gate] : gates_) {
        if (!gate.rate || gate.breaker.open_since || allowance(gate.bucket) > 0) continue;
        const auto until = until_next(*gate.rate, gate.bucket);
        least = std::min(least.value_or(until), until);
    }
    return least;
}

std::optional<bool> record_health(db::Tx& tx, ChannelId channel, bool failing, Outcome outcome, std::optional<milliseconds> retry_after, std::string_view error,
                                  TimePoint began, TimePoint now) {
    if (outcome == Outcome::accepted && !failing) return std::nullopt;
    const auto rows = tx.run(kHealth, {channel});
    if (rows.empty()) return std::nullopt;
    const auto before = read_breaker(rows[0], 0);
    const auto made = after(before, outcome, retry_after, began, now);
    const auto said = error.empty() ? std::optional<std::string>() : std::string(error);
    const auto probe_at = made.open_since ? std::optional(made.probe_at) : std::nullopt;
    tx.run(kHealthy, {channel, made.failures, made.open_since, probe_at, static_cast<std::int64_t>(made.cool_off.count()), said});
    if (before.open_since.has_value() == made.open_since.has_value()) return std::nullopt;
    return made.open_since.has_value();
}

}  // namespace sonde::notifier
