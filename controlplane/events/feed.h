// Tells events of the outbox to everybody who listens over HTTP, as they are committed, and to who comes again from where he was.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "controlplane/events/filter.h"
#include "lib/base/instant.h"
#include "lib/db/db.h"
#include "lib/http/stream.h"
#include "lib/metrics/metrics.h"

namespace sonde::events {

struct Request {
    Filter filter;
    std::optional<EventId> after;      // the last event that was seen; from now on, if nothing
    std::function<bool()> permitted;   // whether he may still listen; asked now and then on the feed's thread; may throw db::DbError
};

// Thread-safe. One thread reads for all; nothing is read while nobody listens. What a listener who comes again has missed is read page by page, as fast as he
// takes it; then he is told what is new. Who does not take what is new in time is behind again. A database that is away delays events, and loses none.
//
// A listener hears events as `message`s, each with its id; `ready` when he has heard all there was, with the id to come again with; and `gap` if the event that he
// came with is not known any more: then he has missed some.
//
// Metrics: sonde_event_listeners, sonde_events_told_total.
class Feed {
public:
    // Both must outlive it.
    Feed(db::Pool& pool, metrics::Registry& metrics);
    ~Feed() { stop(); }
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    // Does not wait for the database. `dsn` is for hearing that there is something new.
    void start(Secret dsn);
    // Ends no stream: the server does.
    void stop();

    // Waits until something new may be there, or `longest` has passed, or the feed stops. Events come to be seen some time after they are told to be new.
    void wait_for_news(milliseconds longest);

    // The stream is told until it is closed, by whoever; then it is forgotten.
    void listen(std::shared_ptr<http::Stream> stream, Request request);
    // Tells the stream nothing, which others do, but ends it as soon as it is not permitted any more, as those that listen.
    void watch(std::shared_ptr<http::Stream> stream, std::function<bool()> permitted);

private:
    static constexpr int kPage = 100;

    struct Listener {
        std::shared_ptr<http::Stream> stream;
        Request request;
        std::optional<Position> behind;  // how far he has heard; nothing while he hears what is new
        MonotonicPoint permitted_until;
        int page = kPage;  // as many are read for him at once: about what he takes
    };
    struct Watched {
        std::shared_ptr<http::Stream> stream;
        std::function<bool()> permitted;
        MonotonicPoint permitted_until;
    };
    using Pages = std::map<std::pair<Position, int>, std::vector<Event>>;  // by what they come after, and how many were asked for

    void run();
    milliseconds look();
    void admit(db::Tx& tx, Listener& newcomer);
    void tell_new(db::Tx& tx);
    bool tell_missed(db::Tx& tx, Listener& listener, Pages& pages);
    std::size_t tell(Listener& listener, const Position& before, const std::vector<Event>& events);
    bool read(std::vector<Listener> newcomers);
    void check_permissions(MonotonicPoint now);

    db::Pool& pool_;
    metrics::Gauge& listening_;
    metrics::Counter& told_;

    std::mutex mutex_;  // of what follows, up to `listeners_`
    std::condition_variable wakes_;
    bool nudged_ = false;
    bool stopping_ = false;
    std::uint64_t news_ = 0;  // counts what was heard of
    std::vector<Listener> newcomers_;
    std::vector<Watched> to_watch_;

    std::vector<Listener> listeners_;  // the thread's own, these three
    std::vector<Watched> watched_;
    std::optional<Position> told_to_;  // by those who hear what is new
    std::optional<db::Listener> listener_;
    std::thread thread_;
};

}  // namespace sonde::events
