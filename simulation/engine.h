// An incident engine in virtual time: its real deliberation, on models of its leases, its memory's loading, its batches and its bus.
#pragma once

#include <deque>

#include "incident-engine/deliberation.h"
#include "incident-engine/region_survey.h"
#include "incident-engine/stream_clock.h"
#include "incident-engine/timers.h"
#include "lib/message/result.h"
#include "simulation/bus.h"
#include "simulation/database.h"

namespace sonde::simulation {

class Referee;

class Engine : public Process {
public:
    struct World {
        Clockwork& clockwork;
        Dice& dice;
        Bus& bus;
        Database& database;
        Referee& referee;
        Trace& trace;
        const Plan& plan;
        const Weather& weather;
        Sabotage sabotage;
    };
    Engine(const World& world, std::string name);

    [[nodiscard]] bool is_busy() const override { return busy_; }

private:
    struct Message {
        Delivered delivered;
        int shard = 0;
        message::ResultBatch batch;
    };
    struct Batch {
        std::vector<Message> messages;
        std::vector<MonitorId> reread;
        std::vector<MonitorId> due;
        std::vector<CommandRow> commands;
        bool look = false;   // windows began or ended, or other relations are others
        bool radius = false; // more or fewer may be suppressed because of an incident
        bool judge = false;  // other engines have reported on regions that outages wait for
        [[nodiscard]] bool empty() const { return messages.empty() && reread.empty() && due.empty() && commands.empty() && !look && !radius && !judge; }
    };
    // What lies between the beginning of a transaction and its commit.
    struct Work {
        std::shared_ptr<OpenTransaction> transaction;
        std::vector<engine::Seen> fresh;
        std::unique_ptr<engine::Deliberation> deliberation;
    };

    void begin() override;
    void forget() override;
    void wake_by(TimePoint when);
    [[nodiscard]] bool is_slow() const { return world_.weather.lasts(Fault::slow_engine, name(), now()); }
    void round();
    void failed(bool fenced, const char* why);

    // jurisdiction: leases, loading, changes (engine_shards.cpp)
    void keep();
    void renew();
    void load();
    void follow_changes();
    void drop(int shard);
    void look_up_strangers();
    void put_definition(const MonitorRow& row);
    void load_incidents(int shard);
    [[nodiscard]] decision::Definition definition_of(const MonitorRow& row) const;
    [[nodiscard]] std::vector<Lease> leases() const;
    void arm(MonitorId monitor);

    // windows, dependencies, groups (engine_relations.cpp)
    void load_windows();
    void look_at_windows();
    void load_relations();
    void keep_relations();
    void refresh_remote();
    [[nodiscard]] engine::Watched stored(const MonitorRow& row) const;

    // what is thought of regions (engine_regions.cpp)
    void keep_regions();
    void report_regions();
    void arbitrate(const Lease& lease);
    void read_health();
    void judge_held(engine::Deliberation& deliberation);

    // batches (engine_batch.cpp)
    void received(int shard, Delivered delivered);
    void gather();
    void take_messages();
    void open_transaction();
    void deliberate(Work& work);
    std::vector<engine::Seen> sort() const;
    void answer_commands(engine::Deliberation& deliberation);
    void commit(const std::shared_ptr<Work>& work);
    void take_over(const std::shared_ptr<Work>& work);
    void ask(const engine::Writes& writes);

    World world_;
    std::string owner_;
    std::map<int, std::int64_t> held_;  // shard, epoch
    std::vector<int> to_load_;
    engine::Holdings holdings_;
    engine::Timers timers_;
    engine::StreamClock clock_{TimePoint{}};
    std::array<TimePoint, kShards> listening_since_{};
    std::deque<Message> inbox_;
    Batch batch_;
    std::shared_ptr<OpenTransaction> open_;  // the newest
    bool distrusted_ = false;
    bool following_ = false;
    std::size_t change_ = 0;
    std::size_t radius_change_ = 0;   // how many changes of what incidents affect were read
    bool radius_changed_ = false;
    TimePoint next_radius_;
    std::size_t window_edit_ = 0;     // how many edits of windows were read
    std::size_t footing_ = 0;         // how far the changes of states were read
    bool relations_changed_ = false;
    bool remote_changed_ = false;
    TimePoint next_refresh_;
    engine::RegionSurvey survey_{holdings_, {}};
    std::map<std::size_t, TimePoint> reports_missing_since_;
    std::size_t region_edge_ = 0;     // how far the changes of regions' health were read
    TimePoint next_report_;
    TimePoint next_arbitration_;
    TimePoint next_renewal_;
    TimePoint next_look_;
    TimePoint next_commands_;
    milliseconds pause_{0};
    bool busy_ = false;            // a round is under way
    std::uint64_t alarm_ = 0;      // only the newest counts
    TimePoint alarm_at_;
};

}  // namespace sonde::simulation
