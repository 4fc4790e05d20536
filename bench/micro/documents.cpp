// JSON documents: a monitor as the API has it, and paths into what a service says of its health.
#include <benchmark/benchmark.h>

#include <string>

#include "lib/json/json.h"
#include "lib/jsonpath/document.h"
#include "lib/jsonpath/path.h"
#include "lib/regex/pattern.h"

namespace sonde::bench::documents {
namespace {

constexpr std::string_view kMonitor =
    R"({"id":"mon_06ht3e8gt0000","site_id":"sit_06ht3e8gt0001","kind":"http","name":"Checkout","key":null,"revision":3,"interval_ms":30000,"timeout_ms":10000,"placement":"all",)"
    R"("regions":["ap","eu","us"],"spec":{"url":"https://shop.example.com/health","method":"GET","headers":[{"name":"Accept","value":"application/json"}],"body":"",)"
    R"("follow_redirects":true,"max_redirects":5,"assertions":[{"on":"status","in":["2xx"]},{"on":"json","path":"$.status","equals":"ok"},{"on":"header","name":"content-type",)"
    R"("contains":"json"}]},"policy":{"quorum":"majority","confirmation":{"enabled":true,"attempts":2,"delay_ms":1000},"recovery_rounds":2,"advisory_after":2,)"
    R"("flapping":{"enabled":true,"changes":5,"window_ms":1800000,"calm_ms":600000},"page_on":[],"exclude":[]},"tags":["shop","production"],"paused":false,"state":"up",)"
    R"("since":"2026-11-01T08:00:00.123Z","votes":[{"region":"ap","verdict":"up","fresh":true},{"region":"eu","verdict":"up","fresh":true},{"region":"us","verdict":"up",)"
    R"("fresh":true}],"created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-06-01T00:00:00.000Z"})";

// Twenty parts, one of which is not well: some 1.3 KB.
std::string health() {
    std::string text = R"({"status":"ok","version":"1.2.3","checks":[)";
    for (int n = 0; n < 20; ++n) {
        if (n > 0) text += ',';
        text += R"({"name":"part )" + std::to_string(n) + R"(","ok":)" + (n == 17 ? "false" : "true") + R"(,"ms":)" + std::to_string(n * 7 % 50) + R"(,"note":"since this morning"})";
    }
    return text + "]}";
}

void json_parse(benchmark::State& run) {
    if (!json::parse(kMonitor)) run.SkipWithError("it cannot be read");
    for (auto _ : run) benchmark::DoNotOptimize(json::parse(kMonitor));
    run.SetBytesProcessed(run.iterations() * static_cast<std::int64_t>(kMonitor.size()));
}
BENCHMARK(json_parse);

void json_dump(benchmark::State& run) {
    const auto document = *json::parse(kMonitor);
    for (auto _ : run) benchmark::DoNotOptimize(json::dump(document));
    run.SetBytesProcessed(run.iterations() * static_cast<std::int64_t>(kMonitor.size()));
}
BENCHMARK(json_dump);

void select(benchmark::State& run, std::string_view query) {
    const auto document = *jsonpath::read_document(health());
    const auto path = *jsonpath::Path::compile(query);
    if (path.select(document)->size() != 1) run.SkipWithError("it does not find what is there");
    for (auto _ : run) benchmark::DoNotOptimize(path.select(document));
}

void jsonpath_member(benchmark::State& run) { select(run, "$.checks[17].name"); }
BENCHMARK(jsonpath_member);

void jsonpath_filter(benchmark::State& run) { select(run, "$.checks[?@.ok == false].name"); }
BENCHMARK(jsonpath_filter);

void jsonpath_compile(benchmark::State& run) {
    for (auto _ : run) benchmark::DoNotOptimize(jsonpath::Path::compile("$.checks[?@.ok == false].name"));
}
BENCHMARK(jsonpath_compile);

void regex_contains(benchmark::State& run) {
    const auto text = health();
    const auto pattern = *regex::Pattern::compile("part 1[789]\",\"ok\":false");
    if (!pattern.contains(text)) run.SkipWithError("it does not find what is there");
    for (auto _ : run) benchmark::DoNotOptimize(pattern.contains(text));
}
BENCHMARK(regex_contains);

}  // namespace
}  // namespace sonde::bench::documents
