// From what a check saw to an opinion and to the texts of its result.
#include <benchmark/benchmark.h>

#include <stdexcept>
#include <string>

#include "lib/check/judge.h"
#include "lib/json/json.h"
#include "lib/message/result.h"

namespace sonde::bench::judging {
namespace {

constexpr TimePoint kNow = from_unix_ms(1'790'000'000'000);

check::Spec spec(const std::string& assertions) {
    const auto document = json::parse(R"({"url":"https://shop.example.com/health","assertions":[)" + assertions + "]}");
    auto read = check::read_spec(check::Kind::http, *document, "");
    if (!read) throw std::logic_error("the spec cannot be read");
    return *read;
}

check::Observation answer() {
    check::Observation seen;
    seen.address = "192.0.2.1:443";
    auto& http = seen.facts<check::HttpFacts>();
    http.version = "1.1";
    http.status = 200;
    http.status_line = "HTTP/1.1 200 OK";
    http.headers = {{"Server", "nginx"}, {"Date", "Fri, 27 Nov 2026 10:00:00 GMT"}, {"Content-Type", "application/json"}, {"Content-Length", "1024"}, {"Connection", "close"}};
    http.body = R"({"status":"ok","count":3,"checks":[{"name":"db","ok":true,"ms":5},{"name":"cache","ok":true,"ms":2}],"padding":")" + std::string(900, 'x') + R"("})";
    http.body_bytes = static_cast<std::int64_t>(http.body.size());
    return seen;
}

void judged(benchmark::State& run, const check::Spec& asked) {
    const auto seen = answer();
    if (check::judge(asked, seen, kNow).verdict != check::Verdict::up) run.SkipWithError("it is not up");
    for (auto _ : run) benchmark::DoNotOptimize(check::judge(asked, seen, kNow));
}

void judge_status(benchmark::State& run) { judged(run, spec("")); }
BENCHMARK(judge_status);

void judge_assertions(benchmark::State& run) {
    judged(run, spec(R"({"on":"header","name":"content-type","contains":"json"},{"on":"json","path":"$.status","equals":"ok"},)"
                    R"({"on":"json","path":"$.checks[?@.ok == false]","not_exists":true},{"on":"body","matches":"\"name\":\"(db|cache)\""})"));
}
BENCHMARK(judge_assertions);

void detail_write(benchmark::State& run) {
    const auto seen = answer();
    const auto judgement = check::judge(spec(""), seen, kNow);
    for (auto _ : run) benchmark::DoNotOptimize(message::write_detail(seen, judgement, {}));
}
BENCHMARK(detail_write);

void evidence_write(benchmark::State& run) {
    const auto seen = answer();
    const auto judgement = check::judge(spec(""), seen, kNow);
    for (auto _ : run) benchmark::DoNotOptimize(message::write_evidence(seen, judgement, {}));
}
BENCHMARK(evidence_write);

}  // namespace
}  // namespace sonde::bench::judging
