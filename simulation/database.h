// A model of the database: transactions, leases, and the constraints that PostgreSQL enforces on what engines and schedulers write.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <unordered_map>

#include "controlplane/scheduler/dispatcher.h"
#include "incident-engine/region_survey.h"
#include "incident-engine/writes.h"
#include "lib/decision/arbitration.h"
#include "simulation/trace.h"
#include "simulation/weather.h"

namespace sonde::simulation {

// As db::DbError with `unavailable`: what was asked for may have been done.
class Unreachable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};
class FencedOff : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};
// What PostgreSQL would have refused with a constraint.
class Refused : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct Lease {
    std::string name;
    std::int64_t epoch = 0;
};

struct MonitorRow {
    PlannedMonitor planned;
    std::size_t index = 0;
    int version = 1;
    std::uint64_t spec = 1;
    bool well = true;        // a healthy target meets the spec
    std::vector<std::pair<std::uint64_t, bool>> specs{{1, true}};  // by version, from 1: the spec and whether it is such a one
    bool paused = false;
    bool deleted = false;
    TimePoint created_at;
};

struct ResultKey {
    MonitorId monitor;
    Slot slot;
    std::string region;
    int attempt = 0;
    friend auto operator<=>(const ResultKey&, const ResultKey&) = default;
};

struct CommandRow {
    std::int64_t number = 0;
    int shard = 0;
    SiteId site;
    EditKind kind = EditKind::acknowledge;
    bool done = false;
};

struct LedgerRow {
    std::int64_t expected = 0;
    std::int64_t skipped = 0;
    std::int64_t executed = 0;
};

// A region was quarantined or released, and that was told.
struct RegionEdge {
    TimePoint at;
    std::size_t region = 0;
    decision::Health health = decision::Health::voting;
};

// An engine's transaction: its leases cannot be taken over until it is over.
struct OpenTransaction {
    std::set<std::string> locked;
    bool over = false;
    bool aborted = false;  // by the server, since nothing was heard for too long
};

class Database {
public:
    Database(Clockwork& clockwork, Dice& dice, const Weather& weather, Trace& trace, const Plan& plan);

    // ── what both sides use; each throws Unreachable while the process cannot reach the database ──
    void reach(const Process& process) const;
    // As db::Leases::hold and `release`.
    std::vector<Lease> hold(const Process& process, const std::string& owner, const std::vector<std::string>& names, std::size_t at_most, milliseconds duration);
    void release(const std::string& owner, const std::vector<std::string>& names);
    void fence(const std::string& owner, const std::vector<Lease>& leases) const;
    [[nodiscard]] int live(std::string_view beginning) const;
    // Numbers of changed monitors since a place in the list of changes, which moves on.
    std::vector<std::size_t> changes_since(std::size_t& place) const;
    [[nodiscard]] std::size_t last_change() const { return changes_.size(); }

    // ── engines ──
    std::shared_ptr<OpenTransaction> begin(Process& process, const std::string& owner, const std::vector<Lease>& leases, bool fenced);
    [[nodiscard]] bool has_result(const ResultKey& key) const { return results_.contains(key); }
    // All or nothing; throws Unreachable also where the commit happened and nobody is told. `results` are those that are new.
    void commit(Process& process, OpenTransaction& transaction, const engine::Writes& writes, const std::vector<engine::Seen>& results, TimePoint now,
                bool count_again);
    void roll_back(OpenTransaction& transaction) {
        transaction.over = true;
        unlock(transaction);
    }
    void edit(const Edit& edit, int shard);
    // As relations_store::radii, of the open outage of a site: how many are suppressed because of it.
    [[nodiscard]] decision::RadiusSeen radius_of(const decision::Incident& incident) const;
    // The next version of what people say of it.
    void edit_window(std::size_t window);

    // ── schedulers ──
    TimePoint open_cursor(const std::string& owner, const Lease& lease, int share, TimePoint now);
    // As scheduler::write_moves; false for a move that is astray.
    std::vector<bool> write_moves(const Process& process, const std::string& owner, const std::vector<Lease>& leases,
                                  const std::vector<scheduler::CursorMove>& moves, const std::vector<std::string>& region_names);

    // ── read by all ──
    std::vector<MonitorRow> monitors;
    std::vector<std::size_t> window_versions;  // by the numbers of the plan's windows
    std::size_t window_edits = 0;
    std::unordered_map<MonitorId, std::string> states;
    std::map<IncidentId, decision::Incident> incidents;
    std::vector<CommandRow> commands;
    std::vector<engine::Event> outbox;
    std::map<std::pair<TimePoint, std::string>, LedgerRow> ledger;
    std::map<std::pair<MonitorId, decision::Scope>, engine::SuppressionRow> suppressed;  // rows of `suppression` that are open
    std::size_t radius_changes = 0;                              // rows of `change` that say that an incident affects more or fewer
    std::map<std::pair<decision::RegionId, std::string>, engine::RegionReport> region_reports;  // by region and engine
    std::vector<decision::RegionCase> region_health;
    std::vector<RegionEdge> region_edges;
    std::map<GroupId, std::string> groups;                       // their states
    std::vector<MonitorId> footings;                             // rows of `change` for the states that others depend on
    std::array<std::optional<TimePoint>, kSchedulerShares> cursors;
    std::array<TimePoint, kSchedulerShares> first_cursors{};
    std::uint64_t duplicates = 0;  // results that were there already
    [[nodiscard]] const std::set<ResultKey>& results() const { return results_; }
    // Called with each commit that changed incidents, before it is told to the engine.
    std::function<void(const std::string& engine, const engine::Writes&)> on_commit;

private:
    struct LeaseRow {
        std::string owner;
        std::int64_t epoch = 0;
        TimePoint expires;
        int locks = 0;
    };
    void unlock(OpenTransaction& transaction);
    [[nodiscard]] bool about_to_break(const std::string& process) const;
    void check(const engine::Writes& writes) const;
    void write_advisories(const engine::Writes& writes);

    Clockwork& clockwork_;
    Dice& dice_;
    const Weather& weather_;
    Trace& trace_;
    const Plan& plan_;
    std::map<std::string, LeaseRow> leases_;
    std::set<ResultKey> results_;
    std::set<std::pair<IncidentId, std::int64_t>> timeline_;
    std::vector<std::size_t> changes_;
    std::map<MonitorId, AdvisoryId> advisories_;  // open ones
};

}  // namespace sonde::simulation
