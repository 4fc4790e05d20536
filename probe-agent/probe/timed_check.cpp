#include "probe-agent/probe/timed_check.h"

#include "lib/check/http/url_credentials.h"

namespace sonde::agent {
namespace {

constexpr std::size_t kLongestMessage = 1000;  // what a server says may be in it, and it is kept as evidence

}  // namespace

TimedCheck::TimedCheck(Network& network, std::shared_ptr<const Target> target, milliseconds timeout, Probe::Done done)
    : network_(network), target_(std::move(target)), timeout_(timeout), done_(std::move(done)), deadline_(network.loop) {}

microseconds TimedCheck::since(MonotonicPoint begin) {
    return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begin);
}

void TimedCheck::begin() {
    started_ = std::chrono::steady_clock::now();
    // Timers may be a millisecond early, a deadline may not.
    deadline_.once(timeout_ + milliseconds{1}, [this] { time_is_up(); });
    in_begin_ = true;
    run();
    in_begin_ = false;
}

void TimedCheck::time_is_up() { fail(overdue()); }

void TimedCheck::fail(check::Failure failure) {
    // Hidden first and cut then: half a secret is not known for one.
    failure.message = check::without_credentials(target_->redact(std::move(failure.message))).substr(0, kLongestMessage);
    seen_.failure = std::move(failure);
    finish();
}

void TimedCheck::finish() {
    if (std::exchange(ended_, true)) return;
    seen_.phases.total = since(started_);
    if (!in_begin_) return report();
    deadline_.once(milliseconds{0}, [this] { report(); });
}

void TimedCheck::report() {
    release();
    deadline_.cancel();
    const auto done = std::move(done_);
    done(std::move(seen_));
}

}  // namespace sonde::agent
