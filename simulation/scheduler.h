// A scheduler in virtual time: its real dispatcher, on a model of its keeper (leases, definitions, cursors).
#pragma once

#include "controlplane/scheduler/dispatcher.h"
#include "simulation/bus.h"
#include "simulation/database.h"

namespace sonde::simulation {

class Scheduler : public Process {
public:
    Scheduler(Clockwork& clockwork, Dice& dice, Bus& bus, Database& database, Trace& trace, const Plan& plan, Sabotage sabotage, std::string name);

private:
    struct Held {
        Lease lease;
        bool closing = false;
        TimePoint close_by;
    };
    // What one life has in memory.
    struct Memory {
        metrics::Registry registry;
        scheduler::SchedulerMetrics metrics{registry};
        std::unique_ptr<scheduler::Dispatcher> dispatcher;
        std::map<int, Held> held;
        std::map<int, Lease> to_take;
        std::vector<scheduler::CursorMove> unwritten;
        std::size_t change = 0;
        bool following = false;
        TimePoint last_renewed;
        TimePoint next_renewal;
        TimePoint next_poll;
        TimePoint next_cursor;
    };

    void begin() override;
    void forget() override;
    void pace();
    void round();
    void renew();
    void take(int share, const Lease& lease);
    void lose(int share);
    void follow_changes();
    void move_cursors();
    void finish_closing();
    [[nodiscard]] scheduler::Definition definition_of(const MonitorRow& row) const;
    void publish(scheduler::BatchId id, const std::string& region, std::string text, milliseconds deadline);

    Dice& dice_;
    Bus& bus_;
    Database& database_;
    Trace& trace_;
    const Plan& plan_;
    Sabotage sabotage_;
    std::string owner_;
    std::unique_ptr<Memory> memory_;
};

}  // namespace sonde::simulation
