#include "lib/bus/window.h"

#include <algorithm>

namespace sonde::bus {
namespace {

// How long after its expiry an answer may still be on its way.
constexpr milliseconds kLeastGrace{500};

}  // namespace

void Window::want(int messages) { want_ = std::max(messages, 0); }

int Window::open() const {
    int sum = 0;
    for (const auto& slot : slots_) sum += slot.left;
    return sum;
}

std::optional<Ask> Window::next(MonotonicPoint now) {
    if (now >= paused_until_) paused_until_ = MonotonicPoint::min();  // a pause that is over is no event to wait for
    const int asked = open();
    const int missing = want_ - asked;
    if (missing <= 0 || now < paused_until_) return std::nullopt;
    if (asked > 0 && missing * 2 < want_) return std::nullopt;
    const auto free = std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.left == 0; });
    if (free == slots_.end()) return std::nullopt;
    *free = {++last_id_, missing, now + expires_ + std::max(expires_ / 2, kLeastGrace)};
    return Ask{static_cast<std::size_t>(free - slots_.begin()), free->id, missing};
}

void Window::message(std::size_t slot) {
    if (want_ > 0) --want_;
    auto& at = slots_.at(slot);
    if (at.left > 0) --at.left;
}

void Window::ended(std::size_t slot, std::uint64_t id) {
    auto& at = slots_.at(slot);
    if (at.id == id) at.left = 0;
}

void Window::forget() { slots_ = {}; }

int Window::sweep(MonotonicPoint now) {
    int given_up = 0;
    for (auto& slot : slots_) {
        if (slot.left == 0 || slot.deadline > now) continue;
        slot.left = 0;
        ++given_up;
    }
    return given_up;
}

MonotonicPoint Window::next_event() const {
    auto at = MonotonicPoint::max();
    for (const auto& slot : slots_) {
        if (slot.left > 0) at = std::min(at, slot.deadline);
    }
    if (want_ > open() && paused_until_ != MonotonicPoint::min()) at = std::min(at, paused_until_);
    return at;
}

}  // namespace sonde::bus
