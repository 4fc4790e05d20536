#include "probe-agent/work/presence.h"

#include <algorithm>
#include <utility>

namespace sonde::agent {

PresenceReporter::PresenceReporter(uv::Loop& loop, bus::Bus& bus, Clock& clock, std::string subject, message::Presence self, milliseconds interval,
                                   std::function<void(message::Presence&)> describe)
    : loop_(loop),
      bus_(bus),
      clock_(clock),
      subject_(std::move(subject)),
      self_(std::move(self)),
      interval_(interval),
      describe_(std::move(describe)),
      timer_(loop) {}

void PresenceReporter::start() {
    say();
    timer_.every(interval_, [this] {
        may_ask_again_ = true;
        say();
    });
}

void PresenceReporter::drain() {
    self_.draining = true;
    say();
}

void PresenceReporter::say() {
    describe_(self_);
    const auto now = loop_.now();
    const auto since = std::chrono::duration<double>(now - last_said_).count();
    self_.checks_per_second =
        last_said_ == MonotonicPoint{} || since <= 0 ? 0 : static_cast<double>(self_.checks - checks_then_) / since;
    checks_then_ = self_.checks;
    last_said_ = now;
    self_.clock_offset = clock_.offset();
    const auto asked = wall_now();
    self_.sent_at = asked;
    bus_.request(
        subject_, message::write_presence(self_), std::min(interval_, ClockFilter::kSlowest),
        [this, asked, loop = &loop_](std::optional<bus::Delivery> answer) {
            // Timed here, on the thread of the bus: what the loop is busy with does not count. By then we may be gone and
            // the loop stopped, which drops what is posted.
            loop->post([this, asked, now = wall_now(), received = std::move(answer)] { answered(asked, now, received); });
        });
}

void PresenceReporter::answered(TimePoint asked, TimePoint now, const std::optional<bus::Delivery>& answer) {
    if (!answer) return;
    const auto read = message::read_presence_answer(answer->payload);
    if (!read) return;
    last_answer_ = loop_.now();
    // Once between two regular ones: answers that contradict each other for ever must not cost more than that.
    if (clock_.add(asked, read->now, now) == ClockFilter::Heard::doubted && std::exchange(may_ask_again_, false)) say();
}

}  // namespace sonde::agent
