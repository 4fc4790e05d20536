// Those who listen to whether a page has changed: server-sent events, of which every one has a reader's browser ask again.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "controlplane/status_page/pages.h"
#include "lib/http/stream.h"
#include "lib/metrics/metrics.h"

namespace sonde::status_page::serve {

struct AudienceLimits {
    int most = 256;           // streams of all pages
    int most_per_page = 128;
};

// Thread-safe. `pages` must outlive it. Metrics: sonde_status_page_streams, sonde_status_page_streams_refused_total.
class Audience {
public:
    Audience(Pages& pages, AudienceLimits limits, metrics::Registry& metrics);

    // A stream that tells an event `changed` whenever the page has, until the page goes or what opens it becomes another. `place` is held as long. Throws http::ProblemError, 503, if there
    // are as many as may be.
    http::Response listen(const http::Request& request, const Page& page, std::shared_ptr<void> place);

private:
    struct Hall;
    class Seat;
    void attend(const std::string& slug);
    static void tell(Hall& hall, const Pages& pages, const std::string& slug);

    Pages& pages_;
    metrics::Counter& refused_;
    const std::shared_ptr<Hall> hall_;  // streams may be over later than this
    std::mutex mutex_;                  // never taken by who holds the hall's, nor held while pages are asked
    std::map<std::string, std::unique_ptr<Pages::Subscription>> subscriptions_;  // of every page that was ever listened to
};

}  // namespace sonde::status_page::serve
