#include "probe-agent/work/fair_queue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <sstream>
#include <vector>

namespace fair_queue_test {

using namespace sonde;
using namespace sonde::agent;
using check::Kind;

namespace {

constexpr int kMany = 1'000'000;

struct Bench {
    using Queue = FairQueue<std::string>;
    explicit Bench(Limits limits) : queue(limits) {}

    void add(const std::string& job, std::int64_t site, const std::string& host = "h", Kind kind = Kind::http, Lane lane = Lane::scheduled) {
        queue.add(job, lane, kind, SiteId{site}, host);
    }
    // What starts now, in order.
    std::string start() {
        std::string started;
        while (auto place = queue.next()) {
            started += (started.empty() ? "" : " ") + place->job();
            running.emplace(place->job(), std::move(*place));
        }
        return started;
    }
    void end(const std::string& job) { queue.give_back(std::move(running.extract(job).mapped())); }
    // What starts instead of it.
    std::string after(const std::string& job) {
        end(job);
        return start();
    }

    Queue queue;
    std::map<std::string, Queue::Place> running;
};

}  // namespace

TEST_CASE("while places are short, sites take turns, however many jobs each has") {
    Bench b({1, kMany});
    for (int i = 0; i < 4; ++i) b.add("a" + std::to_string(i), 1);
    b.add("b0", 2);
    b.add("b1", 2);
    b.add("c0", 3);
    CHECK(b.start() == "a0");
    CHECK(b.after("a0") == "b0");
    CHECK(b.after("b0") == "c0");
    CHECK(b.after("c0") == "a1");
    CHECK(b.after("a1") == "b1");
    CHECK(b.after("b1") == "a2");
    // Who comes now waits for one of each site only.
    b.add("d0", 4);
    CHECK(b.after("a2") == "a3");
    CHECK(b.after("a3") == "d0");
    CHECK(b.after("d0").empty());
    CHECK(b.queue.gates() == 0);
}

TEST_CASE("a site that has enough places leaves the others to the others, and loses none of its turns") {
    Bench b({4, kMany, 2});
    for (int i = 0; i < 6; ++i) b.add("a" + std::to_string(i), 1, "host" + std::to_string(i));
    CHECK(b.start() == "a0 a1");
    CHECK(b.queue.waiting() == 4);
    CHECK(b.queue.held() == 4);
    b.add("b0", 2);
    b.add("b1", 2);
    b.add("b2", 2);
    CHECK(b.start() == "b0 b1");
    CHECK(b.after("a1") == "a2");
    CHECK(b.after("b0") == "b2");
    CHECK(b.after("a0") == "a3");
    CHECK(b.queue.held_back() == Bench::Queue::HeldBack{0, 5, 0});
}

TEST_CASE("a kind has its bound, whosever the jobs are, and so has a host") {
    Bench b({9, 2, kMany, 3});
    for (int site = 1; site <= 4; ++site) b.add("ping" + std::to_string(site), site, "h" + std::to_string(site), Kind::ping);
    CHECK(b.start() == "ping1 ping2 ping3");
    for (int site = 1; site <= 3; ++site) b.add("web" + std::to_string(site), site, "shared", Kind::http);
    CHECK(b.start() == "web1 web2");
    b.add("dns", 1, "other", Kind::dns);
    CHECK(b.start() == "dns");
    CHECK(b.after("web2") == "web3");
    CHECK(b.after("ping3") == "ping4");
}

TEST_CASE("those who wait for the same host or kind take turns by site as well") {
    Bench b({9, 1});
    for (int i = 0; i < 3; ++i) b.add("a" + std::to_string(i), 1);
    CHECK(b.start() == "a0");
    b.add("b0", 2);
    CHECK(b.start().empty());
    CHECK(b.after("a0") == "a1");
    CHECK(b.after("a1") == "b0");
    // Who comes when a place is free stands behind those who wait for it.
    b.end("b0");
    b.add("c0", 3);
    CHECK(b.start() == "a2");
    CHECK(b.after("a2") == "c0");
}

TEST_CASE("urgent jobs go first, at every bound, and are bounded as others are") {
    Bench b({2, 1});
    b.add("a0", 1, "x");
    b.add("a1", 1, "x");
    b.add("a2", 1, "y");
    b.add("u0", 1, "x", Kind::http, Lane::urgent);
    CHECK(b.start() == "u0 a2");
    b.add("u1", 2, "x", Kind::http, Lane::urgent);
    CHECK(b.after("u0") == "u1");
    CHECK(b.after("u1") == "a0");
}

TEST_CASE("a place that the one it was for cannot take goes to the next who can") {
    // `a1` and `b1` wait for the kind; when it is `a1`'s turn, its host has become full.
    Bench b({9, 1, kMany, 2});
    b.add("a0", 1, "x", Kind::tcp);
    b.add("b0", 2, "y", Kind::tcp);
    CHECK(b.start() == "a0 b0");
    b.add("a1", 1, "z", Kind::tcp);
    b.add("b1", 2, "w", Kind::tcp);
    CHECK(b.start().empty());
    b.add("c0", 3, "z", Kind::http);
    CHECK(b.start() == "c0");
    CHECK(b.after("a0") == "b1");
    // It waits for its host now, and for nothing else.
    CHECK(b.after("b0").empty());
    CHECK(b.after("c0") == "a1");
}

TEST_CASE("what became worthless is handed out once, wherever it waited, and what it stood in the way of starts") {
    Bench b({9, 1, 2});
    for (const auto* job : {"a0", "a1", "a2"}) b.add(job, 1, "x");
    b.add("b0", 2, "y");
    b.add("b1", 2, "z");
    b.add("b2", 2, "v");
    CHECK(b.start() == "a0 b0 b1");
    std::vector<std::string> gone;
    const auto sweep = [&](const std::vector<std::string>& worthless) {
        b.queue.sweep([&](const std::string& job) { return std::count(worthless.begin(), worthless.end(), job) > 0; },
                      [&](const std::string& job) { gone.push_back(job); });
    };
    sweep({"a1", "b2", "a0"});  // a0 is under way
    std::sort(gone.begin(), gone.end());
    CHECK(gone == std::vector<std::string>{"a1", "b2"});
    CHECK(b.queue.waiting() == 1);
    CHECK(b.queue.held() == 1);
    // Woken, and worthless before its turn came: the one behind it is woken in its place.
    b.add("a3", 1, "x");
    CHECK(b.start().empty());
    b.end("a0");
    sweep({"a2"});
    CHECK(b.start() == "a3");
    for (const auto* job : {"a3", "b0", "b1"}) b.end(job);
    CHECK(b.queue.gates() == 0);
    CHECK(b.queue.held() == 0);
}

TEST_CASE("one site with a thousand jobs that never end delays nobody else") {
    Bench b({100, kMany, 50});
    for (int i = 0; i < 1000; ++i) b.add("hung" + std::to_string(i), 1, "hole" + std::to_string(i));
    b.start();
    CHECK(b.running.size() == 50);
    for (int i = 0; i < 5000; ++i) {
        const auto job = "job" + std::to_string(i);
        b.add(job, 2 + i % 40, "h" + std::to_string(i % 7));
        REQUIRE(b.start() == job);
        if (b.running.size() == 100) b.end("job" + std::to_string(i - 49));
    }
}

TEST_CASE("in whatever order jobs come and end, bounds hold, none is lost, and no place stays empty for which somebody waits") {
    struct Job {
        std::int64_t site = 0;
        std::string host;
        Kind kind = Kind::http;
    };
    for (unsigned seed = 0; seed < 60; ++seed) {
        std::mt19937 random(seed);
        const auto upto = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most)) + 1; };
        const Limits limits{upto(12), upto(4), upto(6), upto(8)};
        Bench b(limits);
        std::map<std::string, Job> waiting;
        std::map<std::string, Job> running;
        std::map<std::string, int> taken;
        const auto names = [](const Job& job) {
            return std::array{"kind " + std::string(name_of(job.kind)), "site " + std::to_string(job.site), "host " + job.host};
        };
        const std::array limit{limits.max_in_flight_per_kind, limits.max_in_flight_per_site, limits.max_in_flight_per_host};
        const auto could_start = [&](const Job& job) {
            const auto gates = names(job);
            for (std::size_t i = 0; i < gates.size(); ++i) {
                if (taken[gates.at(i)] >= limit.at(i)) return false;
            }
            return true;
        };
        for (int step = 0; step < 1500; ++step) {
            const auto dice = upto(20);
            if (dice <= 9) {
                const auto name = "j" + std::to_string(step);
                const Job job{upto(4), "h" + std::to_string(upto(5)), static_cast<Kind>(upto(3) - 1)};
                waiting[name] = job;
                b.add(name, job.site, job.host, job.kind, upto(5) == 1 ? Lane::urgent : Lane::scheduled);
            } else if (dice <= 19 && !running.empty()) {
                const auto which = std::next(running.begin(), upto(static_cast<int>(running.size())) - 1);
                for (const auto& gate : names(which->second)) --taken[gate];
                b.end(which->first);
                running.erase(which);
            } else {
                b.queue.sweep([&](const std::string&) { return upto(3) == 1; }, [&](const std::string& job) { REQUIRE(waiting.erase(job) == 1); });
            }
            if (upto(3) == 1) continue;  // several things may happen before anybody looks for the next
            std::istringstream started(b.start());
            for (std::string name; started >> name;) {
                auto job = waiting.extract(name);
                REQUIRE(!job.empty());
                REQUIRE(could_start(job.mapped()));
                for (const auto& gate : names(job.mapped())) ++taken[gate];
                running.insert(std::move(job));
            }
            REQUIRE(static_cast<int>(running.size()) <= limits.max_in_flight);
            REQUIRE(b.queue.in_flight() == static_cast<int>(running.size()));
            REQUIRE(b.queue.waiting() == static_cast<int>(waiting.size()));
            REQUIRE(b.queue.held() <= b.queue.waiting());
            if (static_cast<int>(running.size()) == limits.max_in_flight) continue;
            REQUIRE(b.queue.held() == b.queue.waiting());
            for (const auto& [name, job] : waiting) REQUIRE_MESSAGE(!could_start(job), seed, name);
        }
        b.start();
        while (!b.running.empty()) b.after(b.running.begin()->first);
        CHECK(b.queue.waiting() == 0);
        CHECK(b.queue.gates() == 0);
    }
}

}  // namespace fair_queue_test
