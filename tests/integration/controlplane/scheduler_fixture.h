// A database, a bus, monitors in the one and agents on the other.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "controlplane/scheduler/plan.h"
#include "controlplane/scheduler/scheduling.h"
#include "lib/bus/bus.h"
#include "lib/bus/topology.h"
#include "lib/db/db.h"
#include "lib/message/job.h"
#include "tests/support/servers.h"

namespace sonde::test {

using JobKey = std::tuple<std::int64_t, std::string, Slot>;  // monitor, region, slot

struct TestMonitor {
    std::int64_t id = 0;
    scheduler::Timing timing;
    int share = 0;
    std::vector<std::string> regions;  // where it runs, sorted
    scheduler::Placement placement = scheduler::Placement::all;
};

// Pulls a region's jobs and acknowledges them at once, as an agent with room for everything does.
class FakeAgent {
public:
    FakeAgent(bus::Bus& bus, std::string region);
    ~FakeAgent();
    [[nodiscard]] std::map<JobKey, int> jobs() const;
    [[nodiscard]] std::size_t count() const;

private:
    void take(const bus::Delivery& delivery);
    bus::Bus& bus_;
    std::string region_;
    mutable std::mutex mutex_;
    std::map<JobKey, int> jobs_;
    bool malformed_ = false;
    std::unique_ptr<bus::Puller> puller_;
};

// One control plane without its API.
struct ControlPlane {
    ControlPlane(const std::string& name, const Secret& dsn, const std::string& nats, const scheduler::SchedulerConfig& settings);
    [[nodiscard]] double gauge(const std::string& metric) const;  // as exposed, `name{labels}`; -1 if it is not there
    scheduler::SchedulerConfig config;
    metrics::Registry registry;
    db::Pool pool;
    crypto::SecretBox box{std::string(32, 'k')};
    std::unique_ptr<bus::Bus> bus;
    std::unique_ptr<scheduler::Scheduling> scheduling;
};

class Stage {
public:
    Stage();

    void add_regions(const std::vector<std::string>& names);
    // `count` monitors of one new site; every third rotates through its regions.
    std::vector<TestMonitor> add_monitors(int count, milliseconds interval, const std::vector<std::string>& regions);
    // Every share's cursor stands here from now on; returns it.
    TimePoint begin_account();
    void run(const std::string& sql);
    [[nodiscard]] std::int64_t number(const std::string& sql);

    std::unique_ptr<ControlPlane> control_plane(const std::string& name);
    std::unique_ptr<FakeAgent> agent(const std::string& region) { return std::make_unique<FakeAgent>(*bus, region); }

    // The least cursor of all shares.
    [[nodiscard]] TimePoint cursor();
    // What is wrong with the ledger, given that the monitors ran since `start`: it must have each slot up to each share's cursor once.
    [[nodiscard]] std::string ledger_mistake(const std::vector<TestMonitor>& monitors, TimePoint start);

    PostgresServer postgres;
    NatsServer nats;
    metrics::Registry registry;
    db::Pool pool;
    std::unique_ptr<bus::Bus> bus;
    scheduler::SchedulerConfig config;  // of control planes started from now on; quick leases
    std::int64_t last_id = 1'000;
};

// The slots in (from, to] of all monitors.
std::set<JobKey> slots_between(const std::vector<TestMonitor>& monitors, TimePoint from, TimePoint to);

}  // namespace sonde::test
