// GET /v1/events for those who cannot listen: the same events in the same order, a page at a time.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"
#include "controlplane/events/filter.h"

namespace sonde::controlplane {

struct EventPage {
    static constexpr int kMost = 500;
    static constexpr int kMostWaiting = 16;  // at once; others are told at once that there is nothing new
    static constexpr milliseconds kLongestWait{20'000};

    events::Filter filter{};
    std::optional<EventId> after{};  // from now on, if nothing
    int limit = 100;
    milliseconds wait{0};  // for the first one
};

http::Response answer_event_page(Backend& backend, const Call& call, const EventPage& page);

}  // namespace sonde::controlplane
