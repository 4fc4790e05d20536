// The decision on one result of a monitor, and its state as text, as the incident engine has them for every check.
#include <benchmark/benchmark.h>

#include <utility>

#include "lib/decision/decide.h"
#include "lib/decision/plain_state.h"

namespace sonde::bench::deciding {
namespace {

using namespace sonde::decision;

constexpr TimePoint kStart = from_unix_ms(1'790'000'000'000);

// Three regions in domains of their own, every thirty seconds.
Definition definition() {
    Definition made;
    made.monitor = MonitorId{1};
    made.site = SiteId{1};
    made.name = made.site_name = "API";
    made.interval = seconds{30};
    made.timeout = seconds{10};
    made.spec_hash = 1;
    constexpr std::array kNames{"ap", "eu", "us"};
    for (std::size_t i = 0; i < kNames.size(); ++i) made.voters.push_back({static_cast<RegionId>(i + 1), kNames[i], kNames[i], 0});
    arrange_voters(made);
    return made;
}

Event seen(int region, Slot slot, bool good, int attempt = 0) {
    ResultSeen result;
    result.region = static_cast<RegionId>(region);
    result.slot = result.started_at = slot;
    result.attempt = attempt;
    result.verdict = good ? check::Verdict::up : check::Verdict::down;
    if (!good) {
        result.cause = check::FailureClass::connect_refused;
        result.message = "connect to 192.0.2.1:443: refused";
    }
    return {.now = slot + milliseconds{300}, .fresh_id = AdvisoryId{1}, .what = std::move(result)};
}

// Well, seen from everywhere for some rounds, the last of them at `last_slot`.
constexpr Slot last_slot = kStart + seconds{150};

MonitorState well(const Definition& monitor) {
    auto state = first_state(kStart);
    for (auto slot = kStart; slot <= last_slot; slot += monitor.interval) {
        for (int region = 1; region <= 3; ++region) state = decide(std::move(state), monitor, seen(region, slot, true)).next;
    }
    return state;
}

void decide_good_vote(benchmark::State& run) {
    const auto monitor = definition();
    auto state = well(monitor);
    auto slot = last_slot;
    int region = 3;
    for (auto _ : run) {
        if (++region > 3) {
            region = 1;
            slot += monitor.interval;
        }
        auto decision = decide(std::move(state), monitor, seen(region, slot, true));
        benchmark::DoNotOptimize(decision);
        state = std::move(decision.next);
    }
    if (state.shown() != State::up) run.SkipWithError("it is not up");
}
BENCHMARK(decide_good_vote);

// The first region that sees it fail: the others are asked. The state is copied, which is counted.
void decide_first_failure(benchmark::State& run) {
    const auto monitor = definition();
    const auto state = well(monitor);
    const auto event = seen(1, last_slot + monitor.interval, false);
    if (!decide(state, monitor, event).next.suspicion) run.SkipWithError("it raises no suspicion");
    for (auto _ : run) benchmark::DoNotOptimize(decide(state, monitor, event));
}
BENCHMARK(decide_first_failure);

// The answer by which two of three see it fail: it is down, and joins an incident.
void decide_confirmation(benchmark::State& run) {
    const auto monitor = definition();
    const auto slot = last_slot + monitor.interval;
    const auto state = decide(well(monitor), monitor, seen(1, slot, false)).next;
    auto event = seen(2, slot, false, 1);
    event.now += seconds{1};
    const auto decision = decide(state, monitor, event);
    if (decision.next.shown() != State::down || decision.effects.empty()) run.SkipWithError("it does not open");
    for (auto _ : run) benchmark::DoNotOptimize(decide(state, monitor, event));
}
BENCHMARK(decide_confirmation);

void state_write(benchmark::State& run) {
    const auto state = well(definition());
    for (auto _ : run) benchmark::DoNotOptimize(write_state(state));
}
BENCHMARK(state_write);

void state_read(benchmark::State& run) {
    const auto text = write_state(well(definition()));
    if (!read_plain_state(text)) run.SkipWithError("it is not plain");
    for (auto _ : run) benchmark::DoNotOptimize(read_plain_state(text));
}
BENCHMARK(state_read);

}  // namespace
}  // namespace sonde::bench::deciding
