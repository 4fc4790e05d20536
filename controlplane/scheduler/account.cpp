#include "controlplane/scheduler/account.h"

#include <algorithm>
#include <utility>

namespace sonde::scheduler {

ShareAccount::OpenTick& ShareAccount::current(Tick tick) {
    if (open_.empty() || open_.back().tick != tick) open_.push_back({.tick = tick, .end = reached_, .open = 0, .closed = false, .counts = {}});
    return open_.back();
}

ShareAccount::OpenTick* ShareAccount::find(Tick tick) {
    const auto found = std::lower_bound(open_.begin(), open_.end(), tick, [](const OpenTick& item, Tick t) { return item.tick < t; });
    return found != open_.end() && found->tick == tick ? &*found : nullptr;
}

void ShareAccount::expect(Tick tick, TimePoint minute, RegionIndex region) {
    auto& item = current(tick);
    ++item.open;
    ++item.counts[{minute, region}].expected;
}

void ShareAccount::expect_skipped(Tick tick, const Counts& counts) {
    if (!counts.empty()) add(current(tick).counts, counts);
}

void ShareAccount::close(Tick tick, TimePoint end) {
    reached_ = std::max(reached_, end);
    if (open_.empty()) {
        settled_ = reached_;
        return;
    }
    // A tick without slots lengthens the one before it.
    open_.back().end = reached_;
    if (open_.back().tick == tick) open_.back().closed = true;
    settle();
}

void ShareAccount::accepted(Tick tick) {
    if (auto* item = find(tick)) {
        --item->open;
        settle();
    }
}

void ShareAccount::given_up(Tick tick, TimePoint minute, RegionIndex region) {
    if (auto* item = find(tick)) {
        ++item->counts[{minute, region}].skipped;
        --item->open;
        settle();
    }
}

void ShareAccount::settle() {
    while (!open_.empty() && open_.front().closed && open_.front().open == 0) {
        settled_ = open_.front().end;
        add(counts_, open_.front().counts);
        open_.pop_front();
    }
}

Counts ShareAccount::take_counts() { return std::exchange(counts_, {}); }

}  // namespace sonde::scheduler
