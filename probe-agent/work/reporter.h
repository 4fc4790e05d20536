// Results on their way to the stream.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/shard.h"
#include "lib/bus/bus.h"
#include "lib/message/result.h"
#include "probe-agent/work/clock.h"
#include "probe-agent/metrics.h"
#include "probe-agent/work/receipts.h"
#include "probe-agent/work/spool.h"

namespace sonde::agent {

// Results of one shard travel together. A batch that the stream does not accept is sent again for a while, then spooled; what is
// in the spool goes out, marked as backfilled, as soon as the stream accepts batches again. A job is settled when its result was
// accepted or spooled. Loop thread only; to be destroyed after the loop has stopped.
class Reporter {
public:
    struct Options {
        std::string region;
        std::string agent;
        milliseconds linger{220};  // of good results, or until there are many; others go nearly at once
        milliseconds retry_for{15'000};
        std::int64_t pending_bytes = 16 << 20;
    };

    // `spool` may be null: then results that cannot be sent are dropped in the end. Everything must outlive the reporter.
    Reporter(uv::Loop& loop, bus::Bus& bus, Receipts& receipts, Spool* spool, const Clock& clock, Options options,
             Metrics& metrics);

    void add(ReceiptId receipt, message::ProbeResult result);
    // Sends what has been waiting for company.
    void flush();
    // Spools whatever the stream has not accepted yet; nothing is sent from then on. The end of a drain.
    void put_by();
    // True if nothing waits, neither for company nor for an answer; the spool does not count.
    [[nodiscard]] bool idle() const;
    [[nodiscard]] std::int64_t dropped() const { return dropped_; }
    [[nodiscard]] std::int64_t spooled_bytes() const { return spool_ == nullptr ? 0 : spool_->bytes(); }

private:
    struct Gathering {
        std::vector<message::ProbeResult> results;
        std::map<ReceiptId, int> receipts;
        std::size_t bytes = 0;
    };
    struct Parcel {
        int shard = 0;
        int results = 0;
        std::string payload;
        std::map<ReceiptId, int> receipts;
        MonotonicPoint made{};
        bool backfill = false;
    };

    void dispatch(int shard);
    void send(std::uint64_t id);
    void answered(std::uint64_t id, bus::PublishOutcome outcome);
    void not_accepted(std::uint64_t id);
    void spool_parcel(std::uint64_t id);
    void lose(Parcel& parcel);
    void backfill();
    void tick();
    void count_spool();

    uv::Loop& loop_;
    bus::Bus& bus_;
    Receipts& receipts_;
    Spool* spool_;
    const Clock& clock_;
    Options options_;
    Metrics& metrics_;
    std::array<Gathering, kShards> gathering_;
    std::map<std::uint64_t, Parcel> parcels_;  // sent or to be sent again, oldest first
    std::deque<std::uint64_t> again_;
    std::uint64_t last_ = 0;
    std::uint64_t backfilling_ = 0;  // the parcel made from the spool's front; 0 if none
    std::int64_t pending_bytes_ = 0;
    std::int64_t dropped_ = 0;
    MonotonicPoint flush_at_ = MonotonicPoint::max();  // when what is gathered goes; never, if nothing is
    bool closed_ = false;
    uv::Timer linger_;
    uv::Timer tick_;
};

}  // namespace sonde::agent
