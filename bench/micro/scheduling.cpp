// A second of the scheduler, with 10,000 monitors every thirty seconds in one region.
#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/scheduler/dispatcher.h"
#include "controlplane/scheduler/timing_wheel.h"
#include "lib/base/shard.h"

namespace sonde::bench::scheduling {
namespace {

constexpr int kMonitors = 10'000;
constexpr milliseconds kInterval{30'000};
constexpr TimePoint kStart = from_unix_ms(1'790'000'000'000);

void wheel_second(benchmark::State& run) {
    scheduler::TimingWheel wheel(kStart);
    for (int n = 0; n < kMonitors; ++n) wheel.insert(static_cast<scheduler::TimingWheel::Handle>(n), kStart + phase_of(MonitorId{n + 1}, kInterval));
    std::vector<scheduler::TimingWheel::Handle> due;
    auto now = kStart;
    std::int64_t all = 0;
    for (auto _ : run) {
        now += seconds{1};
        due.clear();
        wheel.advance(now, due);
        for (const auto handle : due) wheel.insert(handle, next_slot(phase_of(MonitorId{static_cast<int>(handle) + 1}, kInterval), kInterval, now));
        all += static_cast<std::int64_t>(due.size());
    }
    run.SetItemsProcessed(all);
}
BENCHMARK(wheel_second);

// From the wheel to messages whose answers have come, with the account of it all.
void dispatcher_second(benchmark::State& run) {
    metrics::Registry registry;
    scheduler::SchedulerMetrics metrics(registry);
    std::vector<scheduler::BatchId> sent;
    scheduler::DispatchLimits limits;
    limits.ahead = seconds{1};
    scheduler::Dispatcher dispatcher(limits, metrics, [&sent](scheduler::BatchId id, const std::string&, std::string text, milliseconds) {
        benchmark::DoNotOptimize(text);
        sent.push_back(id);
    }, kStart);
    dispatcher.set_regions({"eu"});
    std::map<int, std::vector<scheduler::Definition>> shares;
    for (int n = 1; n <= kMonitors; ++n) {
        scheduler::Definition monitor;
        monitor.id = MonitorId{n};
        monitor.revision = 1;
        monitor.share = scheduler_share_of(monitor.id);
        monitor.timing = {kInterval, phase_of(monitor.id, kInterval)};
        monitor.timeout = seconds{10};
        monitor.created_at = kStart - std::chrono::hours{24};
        monitor.job = message::JobTemplate(monitor.id, SiteId{n}, 1, monitor.timeout, check::Kind::http, R"({"url":"http://example.com/"})");
        shares[monitor.share].push_back(std::move(monitor));
    }
    for (auto& [share, monitors] : shares) dispatcher.take_share(share, kStart, kStart, std::move(monitors), kStart);
    auto now = kStart;
    std::int64_t all = 0;
    for (auto _ : run) {
        now += seconds{1};
        dispatcher.tick(now);
        while (!sent.empty()) {
            const auto id = sent.back();
            sent.pop_back();
            dispatcher.answered(id, bus::PublishOutcome::accepted, now);
        }
        for (const auto& move : dispatcher.collect_moves()) {
            for (const auto& [key, count] : move.counts) all += count.expected;
        }
    }
    if (all == 0) run.SkipWithError("nothing was published");
    run.SetItemsProcessed(all);
}
BENCHMARK(dispatcher_second);

}  // namespace
}  // namespace sonde::bench::scheduling
