#include "lib/bus/puller.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "lib/log/log.h"

namespace sonde::bus {
namespace {

// How long a request stays at the server, which tells when it is over. From a consumer that does not exist nothing is heard at
// all: the shorter, the sooner that is noticed; the longer, the fewer requests an idle puller makes.
constexpr milliseconds kExpires{3000};
// The same while it seems not to exist, so that its return is noticed soon.
constexpr milliseconds kExpiresMissing{500};
constexpr milliseconds kFirstBackOff{100};
constexpr milliseconds kLongestBackOff{1000};

// Statuses of nats-server: JetStream is off; nothing now; the request expired. Others end it for other reasons, mostly 409.
constexpr int kNoResponders = 503;
constexpr int kNotFound = 404;
constexpr int kExpired = 408;
constexpr int kHeartbeat = 100;

std::uint64_t last_number(std::string_view subject) {
    std::uint64_t number = 0;
    const auto digits = subject.substr(subject.rfind('.') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

}  // namespace

StreamPuller::StreamPuller(PullerHost& host, std::string stream, std::string durable, std::string inbox,
                           metrics::Counter& received, std::function<void(Delivery)> on_message)
    : host_(host),
      stream_(std::move(stream)),
      durable_(std::move(durable)),
      inbox_(std::move(inbox)),
      received_(received),
      on_message_(std::make_shared<const std::function<void(Delivery)>>(std::move(on_message))),
      window_(kExpires),
      back_off_(kFirstBackOff),
      inlets_{Inlet([this](natsMsg* message) { on_raw(0, message); }, turn_),
              Inlet([this](natsMsg* message) { on_raw(1, message); }, turn_)} {}

StreamPuller::~StreamPuller() { host_.forget(*this); }

Status StreamPuller::attach(natsConnection* connection) {
    std::uint64_t generation = 0;
    {
        const std::scoped_lock lock(mutex_);
        window_.forget();
        attached_ = false;
        generation = ++generation_;
    }
    for (std::size_t slot = 0; slot < inlets_.size(); ++slot) {
        auto status = inlets_.at(slot).attach(connection, fmt::format("{}.{}.{}.*", inbox_, generation, slot));
        if (!status) return status;
    }
    {
        const std::scoped_lock lock(mutex_);
        attached_ = true;
        back_off_ = kFirstBackOff;
    }
    ask();
    return Done{};
}

void StreamPuller::lost() {
    const std::scoped_lock lock(mutex_);
    window_.forget();
    attached_ = false;
}

void StreamPuller::want(int messages) {
    {
        const std::scoped_lock lock(mutex_);
        window_.want(messages);
    }
    ask();
}

bool StreamPuller::asking() const {
    const std::scoped_lock lock(mutex_);
    return attached_ && window_.open() > 0;
}

MonotonicPoint StreamPuller::tick(MonotonicPoint now) {
    {
        const std::scoped_lock lock(mutex_);
        if (window_.sweep(now) > 0) note_missing(0, "no answer");
    }
    return ask_as_due();
}

void StreamPuller::ask() { host_.wake_by(ask_as_due()); }

// Returns when it wants to be called again.
MonotonicPoint StreamPuller::ask_as_due() {
    const std::scoped_lock lock(mutex_);
    if (!attached_) return MonotonicPoint::max();
    const auto now = std::chrono::steady_clock::now();
    if (const auto next = window_.next(now)) {
        const auto expires = std::chrono::duration_cast<std::chrono::nanoseconds>(window_.expires()).count();
        const bool sent = host_.send_ask(fmt::format("$JS.API.CONSUMER.MSG.NEXT.{}.{}", stream_, durable_),
                                         fmt::format("{}.{}.{}.{}", inbox_, generation_, next->slot, next->id),
                                         fmt::format(R"({{"batch":{},"expires":{},"no_wait":false}})", next->batch, expires));
        if (!sent) {
            window_.ended(next->slot, next->id);
            window_.pause(now + kFirstBackOff);
        }
    }
    return window_.next_event();
}

void StreamPuller::note_missing(int code, std::string_view reason) {
    ++missing_;
    window_.expire_after(kExpiresMissing);
    if (std::exchange(told_missing_, true)) return;
    log::warning("bus_consumer_missing", "stream", stream_, "consumer", durable_, "status", code, "reason", reason);
}

void StreamPuller::note_present() {
    back_off_ = kFirstBackOff;
    window_.expire_after(kExpires);
    if (std::exchange(told_missing_, false)) log::info("bus_consumer_back", "stream", stream_, "consumer", durable_);
}

void StreamPuller::on_raw(std::size_t slot, natsMsg* message) {
    if (const auto status = server_status(message); status.code != 0) {
        on_status(slot, natsMsg_GetSubject(message), status);
        return;
    }
    {
        const std::scoped_lock lock(mutex_);
        window_.message(slot);
        note_present();
    }
    received_.add();
    const auto handler = on_message_;
    (*handler)(to_delivery(message));
}

void StreamPuller::on_status(std::size_t slot, std::string_view subject, const ServerStatus& status) {
    if (status.code == kHeartbeat) return;
    {
        const std::scoped_lock lock(mutex_);
        window_.ended(slot, last_number(subject));
        const bool missing = status.code == kNoResponders || status.description.find("Deleted") != std::string::npos;
        if (missing) note_missing(status.code, status.description);
        if (status.code == kNotFound || status.code == kExpired) {
            note_present();
        } else {
            // Too many requests or messages in flight, a new leader, a server that stops: soon again, but not at once.
            if (!missing) log::debug("bus_pull_ended", "stream", stream_, "status", status.code, "reason", status.description);
            window_.pause(std::chrono::steady_clock::now() + back_off_);
            back_off_ = std::min(back_off_ * 2, kLongestBackOff);
        }
    }
    ask();
}

}  // namespace sonde::bus
