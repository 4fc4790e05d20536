// `POST /v1/policies/backtest`: stored results, decided on again under another policy.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"
#include "controlplane/api/history/backtest_input.h"
#include "lib/decision/replay.h"

namespace sonde::controlplane {

// What really happened to the monitors of a backtest: the time in which they took part in one incident.
struct RealIncident {
    std::string scope;
    TimePoint from;
    std::optional<TimePoint> to;
    Json document;
};

// What the policy would have changed: `{pages_saved, pages_added, pairs, missed, added, sentences}`. Pure. Both lists in the order of time;
// incidents that began before `from` are no pages.
Json difference_of(const std::vector<decision::ReplayedIncident>& would, const std::vector<RealIncident>& really, TimePoint from, TimePoint to);

}  // namespace sonde::controlplane

namespace sonde::controlplane::backtest_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::backtest_api
