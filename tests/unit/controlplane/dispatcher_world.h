// A dispatcher with a bus that does as it is told, and a database that writes down what the cursors bring.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <set>
#include <tuple>

#include "controlplane/scheduler/dispatcher.h"
#include "lib/message/job.h"

namespace sonde::scheduler::test {

using bus::PublishOutcome;

inline constexpr TimePoint kStart = from_unix_ms(1'790'000'000'000);

inline Definition definition(std::int64_t id, milliseconds interval, std::vector<std::string> regions = {}, int revision = 1,
                             Placement placement = Placement::all) {
    Definition made;
    made.id = MonitorId{id};
    made.revision = revision;
    made.share = scheduler_share_of(made.id);
    made.timing = {interval, phase_of(made.id, interval)};
    made.timeout = seconds{2};
    made.placement = placement;
    made.regions = std::move(regions);
    made.created_at = kStart - std::chrono::hours{240};
    made.job = message::JobTemplate(made.id, SiteId{1}, revision, made.timeout, check::Kind::http, R"({"url":"http://x/"})");
    return made;
}

using Key = std::tuple<std::int64_t, std::string, Slot>;  // monitor, region, slot

// A bus that does as it is told, and a database that writes down what the cursors bring.
struct World {
    explicit World(milliseconds given_ahead = milliseconds{0})
        : ahead(given_ahead),
          metrics(registry),
          dispatcher(
              limits(given_ahead), metrics,
              [this](BatchId id, const std::string& region, std::string text, milliseconds) {
                  REQUIRE(text.size() < 512 * 1024);
                  sent.push_back({id, region, std::move(text)});
              },
              kStart) {
        dispatcher.set_regions({"ap", "eu", "us"});
    }

    static DispatchLimits limits(milliseconds ahead) {
        DispatchLimits made;
        made.ahead = ahead;
        made.queue.jobs = 5'000;
        return made;
    }

    struct Sent {
        BatchId id;
        std::string region;
        std::string text;
    };

    void take_all(std::vector<Definition> definitions, TimePoint cursor = kStart) {
        for (int share = 0; share < kSchedulerShares; ++share) {
            std::vector<Definition> own;
            for (const auto& item : definitions) {
                if (item.share == share) own.push_back(item);
            }
            dispatcher.take_share(share, cursor, cursor, std::move(own), now);
            cursors[share] = cursor;
        }
    }

    // Lets time pass by ticks; every message is answered by `answer(region)`.
    template <class Answer>
    void pass(milliseconds time, Answer answer) {
        for (const auto end = now + time; now < end;) {
            now += milliseconds{50};
            dispatcher.tick(now);
            while (!sent.empty()) {
                auto message = std::move(sent.front());
                sent.pop_front();
                const std::optional<PublishOutcome> outcome = answer(message.region);
                if (!outcome) continue;  // lost for ever
                if (*outcome == PublishOutcome::accepted) deliver(message);
                dispatcher.answered(message.id, *outcome, now);
            }
            write_cursors();
        }
    }
    void pass(milliseconds time) {
        pass(time, [](const std::string&) { return PublishOutcome::accepted; });
    }

    void deliver(const Sent& message) {
        const auto batch = message::read_job_batch(message.text);
        REQUIRE(batch.ok());
        REQUIRE(batch->region == message.region);
        REQUIRE(batch->jobs.size() <= 200);
        for (const auto& job : batch->jobs) {
            REQUIRE(job.not_before == job.slot);
            REQUIRE(job.not_after >= now);
            REQUIRE(job.slot <= now + ahead);
            earliest = std::max(earliest, job.slot - now);
            ++delivered[{job.monitor.value(), message.region, job.slot}];
            revisions[job.monitor.value()] = job.revision;
        }
    }

    void write_cursors() {
        for (const auto& move : dispatcher.collect_moves()) {
            REQUIRE(cursors.at(move.share) == move.from);
            REQUIRE(move.to > move.from);
            cursors[move.share] = move.to;
            add(ledger, move.counts);
        }
    }

    [[nodiscard]] Count total() const {
        Count sum;
        for (const auto& [key, count] : ledger) {
            sum.expected += count.expected;
            sum.skipped += count.skipped;
        }
        return sum;
    }

    milliseconds ahead;
    milliseconds earliest{0};  // before its slot
    metrics::Registry registry;
    SchedulerMetrics metrics;
    Dispatcher dispatcher;
    TimePoint now = kStart;
    std::deque<Sent> sent;
    std::map<Key, int> delivered;
    std::map<std::int64_t, int> revisions;
    std::map<int, TimePoint> cursors;
    Counts ledger;
};

inline std::set<Key> slots(const Definition& monitor, const std::vector<std::string>& regions, TimePoint from, TimePoint to) {
    std::set<Key> found;
    for (auto slot = slot_after(monitor.timing, from); slot <= to; slot += monitor.timing.interval) {
        if (monitor.placement == Placement::all) {
            for (const auto& region : regions) found.emplace(monitor.id.value(), region, slot);
        } else {
            const auto number = slot_number(monitor.timing.phase, monitor.timing.interval, slot);
            found.emplace(monitor.id.value(), regions[static_cast<std::size_t>(number) % regions.size()], slot);
        }
    }
    return found;
}

const std::vector<std::string> kAll{"ap", "eu", "us"};

}  // namespace sonde::scheduler::test
