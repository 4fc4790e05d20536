// What a test of the engine plays on: real servers, three regions whose agents are played by the test, and engines to start and end.
// One stage at a time.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "incident-engine/app.h"
#include "lib/base/shard.h"
#include "lib/bus/topology.h"
#include "lib/crypto/crypto.h"
#include "lib/message/result.h"
#include "tests/support/servers.h"
#include "tests/support/temp_dir.h"

namespace sonde::engine::test {

using sonde::test::eventually;

struct Report {
    std::string region;
    MonitorId monitor;
    Slot slot;
    check::Verdict verdict = check::Verdict::up;
    check::FailureClass cause = check::FailureClass::none;
    int attempt = 0;
    std::string detail = R"({"message":"as told"})";
    std::optional<TimePoint> started_at = std::nullopt;  // now
    std::string evidence = {};
    int revision = 1;
};

class Stage {
public:
    Stage();
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    sonde::test::PostgresServer& postgres;  // of the whole program, emptied for each stage; so is the other
    sonde::test::NatsServer& nats;
    EngineConfig config;  // quick leases and looks; change it before `engine`

    // A new engine, started.
    std::unique_ptr<EngineApp> engine();

    SiteId site(const std::string& name);
    // Interval 30 s, timeout 2 s; `regions` empty for all three.
    MonitorId monitor(SiteId site, const std::string& name, std::vector<std::string> regions = {});
    // What an API would do: a statement with a change that the engine must notice.
    void run(const std::string& sql, const std::vector<db::Param>& params = {});

    // The n-th slot from somewhat before the start of the test.
    [[nodiscard]] Slot slot(int n) const { return start_ + seconds{30 * n}; }
    // Sends results as an agent would: one message for each region and shard. Waits until the stream has them.
    void report(const std::vector<Report>& reports);
    // All three regions see the same in slot n.
    void round(MonitorId monitor, int n, check::Verdict verdict, check::FailureClass cause = check::FailureClass::none);
    void publish(const std::string& subject, const std::string& payload);

    // One value by SQL: as text, empty for null or no row; as a number.
    std::string text(const std::string& sql, const std::vector<db::Param>& params = {});
    std::int64_t count(const std::string& sql, const std::vector<db::Param>& params = {});
    std::string state_of(MonitorId monitor);
    // Kinds of the site's events in order, without monitor.changed: `incident.opened incident.resolved`.
    std::string told_of(SiteId site);
    // Asks the engine to do something to the site's newest incident; returns the command's number.
    std::int64_t command(SiteId site, const std::string& action, std::optional<int> if_version = std::nullopt);
    std::string outcome(std::int64_t command);

    // Jobs that came to a region's urgent stream so far, as texts of the messages.
    [[nodiscard]] std::vector<std::string> asked(const std::string& region);
    std::uint64_t messages_in(std::string_view stream);
    bus::Bus& bus() { return *bus_; }
    db::Pool& pool() { return *pool_; }

private:
    sonde::test::TempDir directory_;
    metrics::Registry registry_;
    std::unique_ptr<db::Pool> pool_;
    std::unique_ptr<bus::Bus> bus_;
    TimePoint start_;
    std::mutex mutex_;
    std::map<std::string, std::vector<std::string>> asked_;
    std::vector<std::unique_ptr<bus::Puller>> pullers_;
};

// The value of one line of an engine's /metrics; 0 if there is none.
double metric(const EngineApp& engine, const std::string& line);
bool ready(const EngineApp& engine);

}  // namespace sonde::engine::test
