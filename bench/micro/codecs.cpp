// Messages of fifty jobs and of fifty results, as they travel.
#include <benchmark/benchmark.h>

#include <vector>

#include "lib/base/shard.h"
#include "lib/check/spec.h"
#include "lib/message/job.h"
#include "lib/message/result.h"

namespace sonde::bench::encoding {
namespace {

using namespace sonde::message;

constexpr int kItems = 50;
constexpr TimePoint kStart = from_unix_ms(1'790'000'000'000);
constexpr milliseconds kTimeout{10'000};

std::vector<JobTemplate> templates() {
    std::vector<JobTemplate> made;
    for (int n = 0; n < kItems; ++n) {
        const auto spec = R"({"url":"https://service-)" + std::to_string(n) + R"(.example.com/health","assertions":[{"on":"json","path":"$.status","equals":"ok"}]})";
        made.emplace_back(MonitorId{n + 1}, SiteId{n + 1}, 1, kTimeout, check::Kind::http, spec);
    }
    return made;
}

std::string jobs(JobBatchWriter& writer, const std::vector<JobTemplate>& made) {
    for (const auto& job : made) writer.add(job, kStart, 0, JobReason::schedule, kStart, kStart + seconds{15});
    return writer.take();
}

// All good, of https targets, of one shard.
ResultBatch results() {
    ResultBatch batch{"eu", "eu-1", 0, kStart, {}};
    for (int n = 1; batch.results.size() < kItems; ++n) {
        if (shard_of(SiteId{n}) != batch.shard) continue;
        ProbeResult result;
        result.monitor = MonitorId{n};
        result.site = SiteId{n};
        result.revision = 1;
        result.slot = kStart;
        result.started_at = kStart + milliseconds{20};
        result.verdict = check::Verdict::up;
        result.phases = {microseconds{600}, microseconds{11'000}, microseconds{21'000}, microseconds{52'000}, microseconds{900}, microseconds{85'500}};
        result.http_status = 200;
        result.detail = R"({"address":"192.0.2.1:443","http":{"version":"2"},"tls":{"protocol":"TLSv1.3","certificate":{"subject":"CN=example.com","not_after":"2027-01-01T00:00:00.000Z"}}})";
        batch.results.push_back(std::move(result));
    }
    return batch;
}

// Of one item.
void each(benchmark::State& run, std::size_t bytes) {
    run.SetItemsProcessed(run.iterations() * kItems);
    run.counters["bytes"] = static_cast<double>(bytes);
}

void jobs_write(benchmark::State& run) {
    const auto made = templates();
    JobBatchWriter writer("eu");
    for (auto _ : run) benchmark::DoNotOptimize(jobs(writer, made));
    each(run, jobs(writer, made).size());
}
BENCHMARK(jobs_write);

void jobs_read(benchmark::State& run) {
    JobBatchWriter writer("eu");
    const auto text = jobs(writer, templates());
    if (!read_job_batch(text)) run.SkipWithError("it cannot be read");
    for (auto _ : run) benchmark::DoNotOptimize(read_job_batch(text));
    each(run, text.size());
}
BENCHMARK(jobs_read);

void results_write(benchmark::State& run) {
    const auto batch = results();
    for (auto _ : run) benchmark::DoNotOptimize(write_result_batch(batch));
    each(run, write_result_batch(batch).size());
}
BENCHMARK(results_write);

void results_read(benchmark::State& run) {
    const auto text = write_result_batch(results());
    if (!read_result_batch(text)) run.SkipWithError("it cannot be read");
    for (auto _ : run) benchmark::DoNotOptimize(read_result_batch(text));
    each(run, text.size());
}
BENCHMARK(results_read);

}  // namespace
}  // namespace sonde::bench::encoding
