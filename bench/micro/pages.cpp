// A status page of 500 components with 90 days each, some of them bad: drawing and packing apart.
#include <benchmark/benchmark.h>

#include <string>

#include "controlplane/status_page/html/render.h"
#include "controlplane/status_page/serve/gzip.h"

namespace sonde::bench::pages {
namespace {

using namespace sonde::status_page;

constexpr int kComponents = 500;
constexpr int kDays = 90;
constexpr int kInGroup = 50;

// Down for ten minutes on every ninth day, each on another.
Component component(int number, TimePoint now) {
    Component made;
    made.id = "c" + std::to_string(number);
    made.name = "Component " + std::to_string(number);
    made.condition = Condition::operational;
    made.since = now - std::chrono::hours{30};
    made.uptime = 0.99923;
    made.coverage = 0.9998;
    const auto today = std::chrono::floor<std::chrono::days>(now);
    for (int ago = kDays - 1; ago >= 0; --ago) {
        const auto begin = today - std::chrono::days{ago};
        Day day{std::chrono::year_month_day{begin}, 1.0, 1.0, Condition::operational, {}};
        if ((ago + number) % 9 == 0 && ago > 0) {
            const auto from = begin + std::chrono::hours{6};
            day = {day.date, 0.99306, 1.0, Condition::major_outage, {{from, from + std::chrono::minutes{10}, Condition::major_outage}}};
        }
        made.days.push_back(std::move(day));
    }
    return made;
}

Snapshot page() {
    const auto now = *from_rfc3339("2026-03-01T12:00:00Z");
    Snapshot made;
    made.slug = "large";
    made.look.title = "Large";
    made.made_at = now;
    made.accounting = "degraded=up unknown=excluded pending=excluded maintenance=excluded paused=excluded";
    for (int first = 0; first < kComponents; first += kInGroup) {
        Group group{"Group " + std::to_string(first / kInGroup), false, Condition::operational, {}};
        for (int n = first; n < first + kInGroup; ++n) group.components.push_back(component(n, now));
        made.groups.push_back(std::move(group));
    }
    return made;
}

std::string drawn(const Snapshot& page) { return html::render(page, {.now = page.made_at}).value(); }

void page_draw(benchmark::State& run) {
    const auto snapshot = page();
    for (auto _ : run) benchmark::DoNotOptimize(drawn(snapshot));
    run.counters["bytes"] = static_cast<double>(drawn(snapshot).size());
}
BENCHMARK(page_draw)->Unit(benchmark::kMillisecond);

void page_pack(benchmark::State& run) {
    const auto text = drawn(page());
    for (auto _ : run) benchmark::DoNotOptimize(serve::gzip(text));
    run.counters["bytes"] = static_cast<double>(serve::gzip(text).size());
}
BENCHMARK(page_pack)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sonde::bench::pages
