// A model of an agent: jobs from two streams, checks that meet the weather, results with retries and a spool, a clock that may be wrong.
#pragma once

#include <deque>

#include "lib/message/job.h"
#include "lib/message/result.h"
#include "probe-agent/work/clock.h"
#include "simulation/bus.h"
#include "simulation/database.h"

namespace sonde::simulation {

class Referee;

class Agent : public Process {
public:
    struct World {
        Clockwork& clockwork;
        Dice& dice;
        Bus& bus;
        const Database& database;
        const Weather& weather;
        Referee& referee;
        Trace& trace;
        const Plan& plan;
    };
    Agent(const World& world, std::string region, std::string name);

    // The machine's clock is wrong by so much from now on.
    void set_clock(milliseconds ahead) { ahead_ = ahead; }

private:
    using ReceiptId = std::uint64_t;
    struct Receipt {
        Delivered message;
        int unsettled = 0;
    };
    struct Gathering {
        std::vector<message::ProbeResult> results;
        std::map<ReceiptId, int> receipts;
    };
    struct Parcel {
        int shard = 0;
        std::string payload;
        std::map<ReceiptId, int> receipts;
        TimePoint made;
        bool backfill = false;
    };

    void begin() override;
    void forget() override;
    [[nodiscard]] TimePoint clock() const { return now() + ahead_ - filter_.offset(); }
    void ask_the_time();
    void ask_once(bool may_ask_again);
    void still_at_it();
    void received(Delivered delivered);
    void consider(const message::Job& job, ReceiptId receipt);
    void wake_delayed();
    void check(const message::Job& job, ReceiptId receipt);
    void unrun(const message::Job& job, ReceiptId receipt);
    void report(message::ProbeResult result, ReceiptId receipt);
    void flush(int shard);
    void send(std::uint64_t id);
    void not_accepted(std::uint64_t id);
    void backfill();
    void settle(ReceiptId receipt, int jobs);

    World world_;
    std::string region_;
    milliseconds ahead_{0};
    agent::ClockFilter filter_;
    std::map<ReceiptId, Receipt> receipts_;
    std::map<std::pair<std::string, std::uint64_t>, ReceiptId> by_message_;
    std::array<Gathering, kShards> gathering_;
    std::array<bool, kShards> flushing_{};
    std::map<std::uint64_t, Parcel> parcels_;
    std::multimap<TimePoint, std::pair<message::Job, ReceiptId>> delayed_;  // by when it is to start
    std::uint64_t alarm_ = 0;                                               // only the newest counts
    std::uint64_t last_ = 0;
    bool backfilling_ = false;
    std::deque<std::pair<int, std::string>> spool_;  // shard and payload; outlives a crash
};

}  // namespace sonde::simulation
