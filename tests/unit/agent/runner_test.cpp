#include "probe-agent/work/runner.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "tests/unit/agent/turn.h"

namespace runner_test {

using namespace sonde;
using namespace sonde::agent;
using check::FailureClass;
using check::Verdict;
using test::turn;
using test::turn_until;

namespace {

// Checks that end when the test says so.
class FakeProbe final : public Probe {
public:
    struct Open {
        std::string url;
        milliseconds timeout{0};
        Done done;
    };
    class FakeAttempt final : public Attempt {
    public:
        FakeAttempt(FakeProbe& probe, int id) : probe_(probe), id_(id) {}
        ~FakeAttempt() override { probe_.open.erase(id_); }

    private:
        FakeProbe& probe_;
        int id_;
    };

    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override {
        const int id = ++last;
        open[id] = {target->url.text(), timeout, std::move(done)};
        started.push_back(target->url.text());
        return std::make_unique<FakeAttempt>(*this, id);
    }

    void finish_oldest(int status = 200, const std::string& body = "") { finish(open.begin(), status, body); }
    void finish_last(int status = 200, const std::string& body = "") { finish(std::prev(open.end()), status, body); }
    void finish(std::map<int, Open>::iterator which, int status, const std::string& body) {
        check::Observation seen;
        seen.facts<check::HttpFacts>().status = status;
        seen.facts<check::HttpFacts>().body = body;
        const auto done = std::move(which->second.done);
        done(std::move(seen));
    }

    std::map<int, Open> open;
    std::vector<std::string> started;
    int last = 0;
};

struct RecordingSink final : Runner::Sink {
    void result(ReceiptId receipt, message::ProbeResult result) override { results.emplace_back(receipt, std::move(result)); }
    void expired(ReceiptId receipt) override { dropped.push_back(receipt); }
    void ran(ReceiptId receipt, RunId run, TimePoint, std::string document) override {
        runs.push_back({receipt, run, std::move(document)});
    }
    struct Ran {
        ReceiptId receipt = 0;
        RunId run;
        std::string document;
    };
    std::vector<std::pair<ReceiptId, message::ProbeResult>> results;
    std::vector<Ran> runs;
    std::vector<ReceiptId> dropped;
};

struct Fixture {
    explicit Fixture(Limits limits = {4, 4}) : runner(loop, probe, clock, targets, limits, sink, metrics) {}

    message::Job job(const std::string& url, milliseconds not_before = milliseconds{0},
                     milliseconds not_after = milliseconds{60'000}) {
        message::Job job;
        job.monitor = MonitorId{++monitors};
        job.site = SiteId{7};
        job.revision = 1;
        job.slot = clock.now() + not_before;
        job.not_before = job.slot;
        job.not_after = clock.now() + not_after;
        job.timeout = milliseconds{1000};
        job.spec = R"({"url":")" + url + "\"}";
        return job;
    }

    uv::Loop loop;
    metrics::Registry registry;
    Metrics metrics{registry};
    Clock clock;
    TargetCache targets{100};
    FakeProbe probe;
    RecordingSink sink;
    Runner runner;
    std::int64_t monitors = 0;
};

}  // namespace

TEST_CASE("a job becomes a check with its timeout, and its answer a judged result") {
    Fixture f;
    auto job = f.job("http://a.example/");
    job.attempt = 2;
    job.reason = message::JobReason::confirm;
    f.runner.add(job, 42, Lane::urgent);
    REQUIRE(f.probe.open.size() == 1);
    CHECK(f.probe.open.begin()->second.timeout == milliseconds{1000});
    CHECK(f.runner.in_flight() == 1);
    f.probe.finish_oldest(503);
    CHECK(f.runner.in_flight() == 0);
    CHECK(f.probe.open.empty());
    REQUIRE(f.sink.results.size() == 1);
    const auto& [receipt, result] = f.sink.results.front();
    CHECK(receipt == 42);
    CHECK(result.monitor == job.monitor);
    CHECK(result.slot == job.slot);
    CHECK(result.attempt == 2);
    CHECK(result.reason == message::JobReason::confirm);
    CHECK(result.verdict == Verdict::down);
    CHECK(result.cause == FailureClass::http_status);
    CHECK(result.http_status == 503);
    CHECK(result.detail.find("status is 503") != std::string::npos);
    CHECK(f.runner.executed() == 1);
}

TEST_CASE("the first failing check of a row brings its evidence, and so does every confirmation") {
    Fixture f;
    auto job = f.job("http://a.example/");
    const auto evidence_after = [&](int status, message::JobReason reason = message::JobReason::schedule) {
        job.reason = reason;
        f.runner.add(job, 1, Lane::scheduled);
        f.probe.finish_oldest(status);
        return !f.sink.results.back().second.evidence.empty();
    };
    CHECK_FALSE(evidence_after(200));
    CHECK(evidence_after(503));
    CHECK_FALSE(evidence_after(503));
    CHECK(evidence_after(503, message::JobReason::confirm));
    CHECK(evidence_after(200, message::JobReason::confirm));
    CHECK(evidence_after(503));
    CHECK_FALSE(evidence_after(200));
}

TEST_CASE("a run is answered with all that was seen, is no result, and changes nothing for the monitor's own checks") {
    Fixture f;
    auto job = f.job("http://a.example/");
    auto run = job;
    run.reason = message::JobReason::run;
    run.run = RunId{77};
    f.runner.add(run, 5, Lane::urgent);
    f.probe.finish_oldest(503);
    CHECK(f.sink.results.empty());
    REQUIRE(f.sink.runs.size() == 1);
    CHECK(f.sink.runs[0].receipt == 5);
    CHECK(f.sink.runs[0].run == RunId{77});
    const auto document = json::parse(f.sink.runs[0].document);
    REQUIRE(document);
    CHECK((*document)["verdict"] == "down");
    CHECK((*document)["class"] == "http_status");
    CHECK((*document)["http"]["status"] == 503);
    CHECK((*document)["assertions"].size() > 0);
    // The first failing check of a row is still to come.
    f.runner.add(job, 6, Lane::scheduled);
    f.probe.finish_oldest(503);
    REQUIRE(f.sink.results.size() == 1);
    CHECK(!f.sink.results[0].second.evidence.empty());
}

TEST_CASE("a run that finds no place in time is answered as the agent's overload") {
    Fixture f({1, 1});
    f.runner.add(f.job("http://hung/"), 1, Lane::scheduled);
    auto run = f.job("http://a/", milliseconds{0}, milliseconds{20});
    run.reason = message::JobReason::run;
    run.run = RunId{78};
    f.runner.add(run, 2, Lane::urgent);
    REQUIRE(turn_until(f.loop, [&] { return f.sink.runs.size() == 1; }));
    CHECK(f.sink.runs[0].document.find("agent_overload") != std::string::npos);
}

TEST_CASE("no more checks run at once than may, and the next starts when one ends") {
    Fixture f({2, 2});
    for (const auto* url : {"http://a/", "http://b/", "http://c/", "http://d/"}) f.runner.add(f.job(url), 1, Lane::scheduled);
    CHECK(f.runner.in_flight() == 2);
    CHECK(f.runner.queued() == 2);
    f.probe.finish_oldest();
    CHECK(f.runner.in_flight() == 2);
    CHECK(f.runner.queued() == 1);
    CHECK(f.probe.started == std::vector<std::string>{"http://a/", "http://b/", "http://c/"});
}

TEST_CASE("one host cannot take all places, and keeps nobody else waiting") {
    Fixture f({4, 2});
    for (int i = 0; i < 10; ++i) f.runner.add(f.job("http://hung.example/" + std::to_string(i)), 1, Lane::scheduled);
    for (const auto* url : {"http://a/", "http://b/"}) f.runner.add(f.job(url), 1, Lane::scheduled);
    CHECK(f.runner.in_flight() == 4);
    CHECK(f.probe.started ==
          std::vector<std::string>{"http://hung.example/0", "http://hung.example/1", "http://a/", "http://b/"});
    // The same host's next one follows when one of its own ends.
    f.probe.finish_oldest();
    CHECK(f.probe.started.back() == "http://hung.example/2");
    CHECK(f.runner.queued() == 7);
    // Another port is another host.
    f.probe.finish_oldest();
    f.probe.finish_oldest();
    f.runner.add(f.job("http://hung.example:81/"), 1, Lane::scheduled);
    CHECK(std::count(f.probe.started.begin(), f.probe.started.end(), "http://hung.example:81/") == 1);
}

TEST_CASE("a site whose targets all hang leaves places to the others, and keeps nobody else waiting") {
    Fixture f({4, 4, 2});
    for (int i = 0; i < 10; ++i) f.runner.add(f.job("http://hole" + std::to_string(i) + "/"), 1, Lane::scheduled);
    CHECK(f.runner.in_flight() == 2);
    CHECK(f.runner.held() == 8);
    auto other = f.job("http://other/");
    other.site = SiteId{8};
    f.runner.add(other, 2, Lane::scheduled);
    CHECK(f.probe.started.back() == "http://other/");
    turn_until(f.loop, [&] { return f.metrics.held_back.at(static_cast<std::size_t>(Bound::site))->value() > 0; }, milliseconds{3000});
    CHECK(f.metrics.held_back.at(static_cast<std::size_t>(Bound::site))->value() == 8);
}

TEST_CASE("a kind that has enough places keeps no other kind waiting") {
    Fixture f({4, 4, 4, 2});
    for (int i = 0; i < 4; ++i) f.runner.add(f.job("http://a/"), 1, Lane::scheduled);
    CHECK(f.runner.in_flight() == 2);
    auto tls = f.job("http://unused/");
    tls.kind = check::Kind::dns;
    tls.spec = R"({"name":"example.test"})";
    f.runner.add(tls, 2, Lane::scheduled);
    CHECK(f.runner.in_flight() == 3);
}

TEST_CASE("urgent checks go ahead of the backlog") {
    Fixture f({1, 1});
    f.runner.add(f.job("http://first/"), 1, Lane::scheduled);
    f.runner.add(f.job("http://second/"), 1, Lane::scheduled);
    f.runner.add(f.job("http://urgent/"), 1, Lane::urgent);
    f.probe.finish_oldest();
    CHECK(f.probe.started.back() == "http://urgent/");
}

TEST_CASE("a check does not start before its time, and soon after it") {
    Fixture f;
    const auto begin = std::chrono::steady_clock::now();
    for (auto [url, wait] : {std::pair{"http://later/", milliseconds{200}}, {"http://soon/", milliseconds{150}}}) {
        auto job = f.job(url, wait);
        job.reason = message::JobReason::confirm;
        f.runner.add(job, 1, Lane::urgent);
    }
    CHECK(f.probe.started.empty());
    CHECK(f.runner.delayed() == 2);
    REQUIRE(turn_until(f.loop, [&] { return f.probe.started.size() == 2; }));
    CHECK(std::chrono::steady_clock::now() - begin >= milliseconds{199});
    CHECK(f.probe.started == std::vector<std::string>{"http://soon/", "http://later/"});
}

TEST_CASE("scheduled checks start in common steps, none before its time") {
    Fixture f({100, 100});
    const auto last = std::chrono::ceil<std::chrono::duration<std::int64_t, std::ratio<1, 10>>>(f.clock.now() + milliseconds{20}) + milliseconds{100};
    for (int early = 99; early >= 0; early -= 11) {
        auto job = f.job("http://step/");
        job.slot = job.not_before = last - milliseconds{early};
        f.runner.add(job, 1, Lane::scheduled);
    }
    CHECK(f.probe.started.empty());
    REQUIRE(turn_until(f.loop, [&] { return !f.probe.started.empty(); }));
    CHECK(f.clock.now() >= last);
    CHECK(f.probe.started.size() == 10);
    CHECK(f.runner.delayed() == 0);
}

TEST_CASE("a job that arrives too late is dropped without a word") {
    Fixture f;
    f.runner.add(f.job("http://a/", milliseconds{-5000}, milliseconds{-1}), 9, Lane::scheduled);
    CHECK(f.probe.started.empty());
    CHECK(f.sink.results.empty());
    CHECK(f.sink.dropped == std::vector<ReceiptId>{9});
    CHECK(f.metrics.jobs_expired.value() == 1);
}

TEST_CASE("a job that became worthless while it waited here is the agent's overload, and nothing else") {
    Fixture f({1, 1});
    f.runner.add(f.job("http://hung/"), 1, Lane::scheduled);
    f.runner.add(f.job("http://a/", milliseconds{0}, milliseconds{20}), 2, Lane::scheduled);
    f.runner.add(f.job("http://hung/", milliseconds{0}, milliseconds{20}), 3, Lane::scheduled);
    // Reported also though no check ends.
    REQUIRE(turn_until(f.loop, [&] { return f.sink.results.size() == 2; }));
    for (const auto& [receipt, result] : f.sink.results) {
        CHECK(receipt >= 2);
        CHECK(result.verdict == Verdict::unknown);
        CHECK(result.cause == FailureClass::agent_overload);
        CHECK(result.detail.find("for a place") != std::string::npos);
    }
    CHECK(f.runner.queued() == 0);
    CHECK(f.probe.started.size() == 1);
    CHECK(f.sink.dropped.empty());
}

TEST_CASE("a job that waits for its own host until it is worthless is reported too") {
    Fixture f({4, 1});
    f.runner.add(f.job("http://hung/1"), 1, Lane::scheduled);
    f.runner.add(f.job("http://hung/2", milliseconds{0}, milliseconds{20}), 2, Lane::scheduled);
    CHECK(f.runner.queued() == 1);
    REQUIRE(turn_until(f.loop, [&] { return f.sink.results.size() == 1; }));
    CHECK(f.sink.results.front().second.cause == FailureClass::agent_overload);
    CHECK(f.runner.queued() == 0);
}

TEST_CASE("a spec this agent cannot run is the agent's error") {
    Fixture f;
    auto job = f.job("http://a/");
    job.spec = R"({"url":"http://a/","from_the_future":1})";
    f.runner.add(job, 5, Lane::scheduled);
    REQUIRE(f.sink.results.size() == 1);
    CHECK(f.sink.results.front().second.verdict == Verdict::unknown);
    CHECK(f.sink.results.front().second.cause == FailureClass::agent_error);
    CHECK(f.sink.results.front().second.detail.find("from_the_future") != std::string::npos);
}

TEST_CASE("freed places are told, and jobs that are not due soon can be forgotten") {
    Fixture f;
    int told = 0;
    f.runner.on_room([&] { ++told; });
    f.runner.add(f.job("http://a/"), 1, Lane::scheduled);
    f.runner.add(f.job("http://soon/", milliseconds{10}), 1, Lane::scheduled);
    f.runner.add(f.job("http://later/", milliseconds{10'000}), 1, Lane::scheduled);
    CHECK(told == 0);
    f.probe.finish_oldest();
    CHECK(told == 1);
    f.runner.forget_later();
    CHECK(f.runner.delayed() == 1);
    REQUIRE(turn_until(f.loop, [&] { return f.probe.started.size() == 2; }));
    CHECK(f.probe.started.back() == "http://soon/");
    CHECK(f.runner.delayed() == 0);
}

TEST_CASE("a burst of jobs is started over several turns of the loop") {
    Fixture f({1000, 1000});
    for (int i = 0; i < 200; ++i) f.runner.add(f.job("http://a/"), 1, Lane::scheduled);
    CHECK(f.runner.in_flight() == 50);
    turn(f.loop);
    CHECK(f.runner.in_flight() <= 100);
    CHECK(turn_until(
        f.loop, [&] { return f.runner.in_flight() == 200; }, milliseconds{1000}));
}

TEST_CASE("thousands of jobs each end exactly once, in whatever order checks end") {
    Fixture f({50, 7});
    constexpr int kJobs = 5000;
    for (int i = 0; i < kJobs; ++i) {
        f.runner.add(f.job("http://host" + std::to_string(i % 23) + "/" + std::to_string(i)), static_cast<ReceiptId>(i),
                     i % 10 == 0 ? Lane::urgent : Lane::scheduled);
        if (i % 3 == 0 && !f.probe.open.empty()) f.probe.finish_oldest();
        if (i % 40 == 0) turn(f.loop);
        REQUIRE(f.runner.in_flight() <= 50);
    }
    REQUIRE(turn_until(f.loop, [&] {
        while (!f.probe.open.empty()) f.probe.finish_oldest();
        return f.sink.results.size() == kJobs;
    }));
    CHECK(f.runner.in_flight() == 0);
    CHECK(f.runner.queued() == 0);
    std::vector<ReceiptId> seen;
    for (const auto& [receipt, result] : f.sink.results) seen.push_back(receipt);
    std::sort(seen.begin(), seen.end());
    REQUIRE(seen.size() == kJobs);
    CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}

TEST_CASE("a check whose body must be judged keeps its place until it is, and keeps nobody from the loop") {
    Fixture f({2, 2});
    auto job = f.job("http://slow.test/");
    job.spec = R"({"url":"http://slow.test/","assertions":[{"on":"body","contains":"ok"}]})";
    f.runner.add(std::move(job), 1, Lane::scheduled);
    f.runner.add(f.job("http://plain.test/"), 2, Lane::scheduled);
    f.probe.finish_oldest(200, "not this");
    CHECK(f.sink.results.empty());
    CHECK(f.runner.in_flight() == 2);
    f.probe.finish_last(200);
    REQUIRE(f.sink.results.size() == 1);
    CHECK(f.sink.results[0].first == 2);
    CHECK(turn_until(f.loop, [&] { return f.sink.results.size() == 2; }));
    CHECK(f.sink.results[1].first == 1);
    CHECK(f.sink.results[1].second.cause == FailureClass::body_mismatch);
    CHECK(f.runner.in_flight() == 0);
    CHECK(f.probe.open.empty());
}

TEST_CASE("a runner may go while bodies are being judged") {
    Fixture f({50, 50});
    for (int i = 0; i < 20; ++i) {
        auto job = f.job("http://a.test/");
        job.spec = R"({"url":"http://a.test/","assertions":[{"on":"body","matches":"x+y"}]})";
        f.runner.add(std::move(job), i, Lane::scheduled);
        f.probe.finish_last(200, std::string(100'000, 'x'));
    }
    CHECK(f.sink.results.empty());
}

}  // namespace runner_test
