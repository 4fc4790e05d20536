#include "controlplane/events/feed.h"

#include <algorithm>
#include <utility>

#include "controlplane/events/store.h"
#include "lib/log/log.h"

namespace sonde::events {
namespace {

using Clock = std::chrono::steady_clock;

constexpr metrics::Family kListeners{"sonde_event_listeners", "Streams of /v1/events that are open."};
constexpr metrics::Family kTold{"sonde_events_told_total", "Events told to listeners of /v1/events, one for each listener."};

// Also how soon it is seen that a listener may not listen any more: below a second with what `permitted` takes.
constexpr milliseconds kPoll{400};
// After a nudge: an event is shown once all older transactions have ended, of which nobody tells.
constexpr milliseconds kSoon{50};
constexpr int kLooksAfterNudge = 4;
constexpr milliseconds kAfterFailure{500};
constexpr milliseconds kPermitted{200};
constexpr std::size_t kMostQueued = 256 << 10;  // bytes for a listener who has not taken them; what is more waits in the database

http::Frame ready(const Position& at) {
    return http::encode({.type = "ready", .data = "{}", .id = at.id ? at.id.text() : std::string{}});
}

http::Frame gap(EventId after) {
    return http::encode({.type = "gap", .data = R"({"reason":"the event )" + after.text() + R"( is not known any more; what came after it may be missing"})"});
}

}  // namespace

Feed::Feed(db::Pool& pool, metrics::Registry& metrics)
    : pool_(pool), listening_(metrics.gauge(kListeners)), told_(metrics.counter(kTold)) {}

void Feed::start(Secret dsn) {
    listener_.emplace(std::move(dsn), std::vector<std::string>{"sonde_outbox"}, [this](std::string_view) {
        {
            const std::scoped_lock lock(mutex_);
            nudged_ = true;
            ++news_;
        }
        wakes_.notify_all();
    });
    thread_ = std::thread([this] { run(); });
}

void Feed::stop() {
    listener_.reset();
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wakes_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Feed::wait_for_news(milliseconds longest) {
    std::unique_lock lock(mutex_);
    wakes_.wait_for(lock, longest, [this, before = news_] { return stopping_ || news_ != before; });
}

void Feed::listen(std::shared_ptr<http::Stream> stream, Request request) {
    {
        const std::scoped_lock lock(mutex_);
        newcomers_.push_back({std::move(stream), std::move(request), std::nullopt, Clock::now() + kPermitted});
        nudged_ = true;
    }
    wakes_.notify_all();
}

void Feed::watch(std::shared_ptr<http::Stream> stream, std::function<bool()> permitted) {
    const std::scoped_lock lock(mutex_);
    to_watch_.push_back({std::move(stream), std::move(permitted), Clock::now() + kPermitted});
}

void Feed::run() {
    bool failing = false;
    int looks = 0;
    auto pause = kPoll;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            wakes_.wait_for(lock, pause, [&] { return stopping_ || (nudged_ && !failing); });
            if (stopping_) return;
            if (std::exchange(nudged_, false)) looks = kLooksAfterNudge;
        }
        try {
            pause = look();
            if (looks > 0) {
                --looks;
                pause = std::min(pause, kSoon);
            }
            if (std::exchange(failing, false)) log::info("events_told_again");
        } catch (const db::DbError& error) {
            if (!std::exchange(failing, true)) log::warning("events_not_told", "error", error.what());
            pause = kAfterFailure;
        }
    }
}

// How long until the next look, if nothing is new.
milliseconds Feed::look() {
    std::vector<Listener> newcomers;
    {
        const std::scoped_lock lock(mutex_);
        newcomers.swap(newcomers_);
        watched_.insert(watched_.end(), std::make_move_iterator(to_watch_.begin()), std::make_move_iterator(to_watch_.end()));
        to_watch_.clear();
    }
    std::erase_if(watched_, [](const Watched& one) { return one.stream->closed(); });
    std::erase_if(listeners_, [](const Listener& listener) { return listener.stream->closed(); });
    listening_.set(static_cast<double>(listeners_.size() + newcomers.size()));
    bool more = false;
    if (listeners_.empty() && newcomers.empty()) {
        told_to_.reset();
        if (watched_.empty()) return kPoll;
    } else {
        more = read(std::move(newcomers));
    }
    check_permissions(Clock::now());
    return more ? kSoon : kPermitted;
}

// What is new and what was missed, for all; whether there is more of it. Those who could not be let in for a failure are kept for the next time.
bool Feed::read(std::vector<Listener> newcomers) {
    bool more = false;
    try {
        auto tx = pool_.begin();
        if (!told_to_) told_to_ = store::newest(tx);
        for (; !newcomers.empty(); newcomers.pop_back()) admit(tx, newcomers.back());
        tell_new(tx);
        Pages pages;
        for (auto& listener : listeners_) more = (listener.behind && tell_missed(tx, listener, pages)) || more;
    } catch (...) {
        const std::scoped_lock lock(mutex_);
        newcomers_.insert(newcomers_.begin(), std::make_move_iterator(newcomers.begin()), std::make_move_iterator(newcomers.end()));
        throw;
    }
    return more;
}

void Feed::admit(db::Tx& tx, Listener& newcomer) {
    if (newcomer.request.after) {
        newcomer.behind = store::find(tx, *newcomer.request.after);
        if (!newcomer.behind) newcomer.stream->send(gap(*newcomer.request.after));
    }
    if (!newcomer.behind) newcomer.stream->send(ready(*told_to_));
    listeners_.push_back(std::move(newcomer));
}

void Feed::tell_new(db::Tx& tx) {
    for (;;) {
        const auto events = store::read(tx, *told_to_, std::nullopt, kPage);
        if (events.empty()) return;
        for (auto& listener : listeners_) {
            if (!listener.behind) tell(listener, *told_to_, events);
        }
        told_to_ = events.back().at;
        if (events.size() < kPage) return;
    }
}

// True if there is more for him.
bool Feed::tell_missed(db::Tx& tx, Listener& listener, Pages& pages) {
    const std::pair key{*listener.behind, listener.page};
    auto found = pages.find(key);
    if (found == pages.end()) found = pages.emplace(key, store::read(tx, key.first, told_to_, key.second)).first;
    const auto& events = found->second;
    const auto handled = tell(listener, key.first, events);
    if (handled < events.size()) {
        listener.page = std::max(static_cast<int>(handled), 1);
        return true;
    }
    if (static_cast<int>(events.size()) == key.second) {
        listener.behind = events.back().at;
        listener.page = std::min(2 * key.second, kPage);
        return true;
    }
    listener.behind.reset();
    listener.stream->send(ready(*told_to_));
    return false;
}

// What comes after `before`; how many of them he has heard, or does not want to. If those are not all, for he has not taken what there is for him already, he is
// behind.
std::size_t Feed::tell(Listener& listener, const Position& before, const std::vector<Event>& events) {
    const auto* heard = &before;
    std::size_t handled = 0;
    for (const auto& event : events) {
        if (listener.request.filter.matches(event)) {
            if (listener.stream->queued_bytes() > kMostQueued) {
                listener.behind = *heard;
                return handled;
            }
            if (listener.stream->send(event.frame)) told_.add();
        }
        heard = &event.at;
        ++handled;
    }
    return handled;
}

void Feed::check_permissions(MonotonicPoint now) {
    const auto check = [now](http::Stream& stream, const std::function<bool()>& permitted, MonotonicPoint& until) {
        if (until > now) return;
        until = now + kPermitted;
        try {
            if (!permitted()) stream.end();
        } catch (const db::DbError&) {
            // Nobody knows, until the database is back: who listens is told nothing either.
        }
    };
    for (auto& listener : listeners_) check(*listener.stream, listener.request.permitted, listener.permitted_until);
    for (auto& one : watched_) check(*one.stream, one.permitted, one.permitted_until);
}

}  // namespace sonde::events
