#include "incident-engine/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "incident-engine/parking.h"
#include "incident-engine/transaction.h"
#include "lib/log/log.h"

namespace sonde::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr milliseconds kLongestWait{250};
constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{1000};
constexpr std::size_t kMessagesAtOnce = 16;
constexpr std::size_t kDueAtOnce = 2000;
constexpr int kStrikesToPark = 3;
constexpr std::chrono::seconds kHangs{60};
constexpr std::chrono::seconds kWorthSaying{5};

constexpr db::Statement kCommandsWaiting{"incident_command_waiting", R"sql(
select exists (select from incident_command where shard = any($1::smallint[]) and done_at is null))sql"};
// One connection is left to the others.
std::size_t readers_of(const EngineConfig& config) { return static_cast<std::size_t>(std::clamp(config.database.pool_size - 1, 1, kShards)); }

constexpr db::Statement kPartitions{"result_partitions", "select create_result_partitions()"};

}  // namespace

// What the worker's thread has. Only `say_well`, `say_ill` and `trouble` concern others.
class Worker::Desk {
public:
    Desk(const EngineConfig& config, std::string owner, db::Pool& pool, const crypto::SecretBox& secrets, bus::Bus& bus, Intake& intake,
         Hearing& hearing, Metrics& metrics,
         std::function<void()> on_committed, std::function<void(std::string)> on_missing_urgent)
        : config_(config),
          pool_(pool),
          bus_(bus),
          intake_(intake),
          metrics_(metrics),
          on_committed_(std::move(on_committed)),
          jurisdiction_({owner, config.lease, config.poll, config.arbitrate ? config.hold : milliseconds{0}, readers_of(config)}, pool, intake, metrics),
          regions_({std::move(owner), config.arbitrate, arbitration_of(config)}, pool, jurisdiction_.holdings(), metrics),
          confirmations_(bus, metrics, std::move(on_missing_urgent)),
          transaction_(pool, secrets, bus, jurisdiction_, confirmations_, hearing, regions_,
                       {{.known = static_cast<std::size_t>(config.known_sights)}, config.reopen_within}, metrics),
          parking_(bus, metrics) {}

    void round() {
        alive();
        intake_.wait(wake_at());
        batch_.now = clock_.now();
        try {
            jurisdiction_.keep(batch_, bus_, changed.exchange(false));
            gather();
            jurisdiction_.look_up_strangers(batch_);
            if (!batch_.empty() && transaction_.run(batch_).told) on_committed_();
            strikes_ = 0;
            well();
            batch_.judge = regions_.step(jurisdiction_.shards().owned().size(), clock_.now());
            return;
        } catch (const db::Fenced& fenced) {
            log::warning("fenced", "why", fenced.what());
            jurisdiction_.fenced();
        } catch (const db::DbError& error) {
            failed(error);
        }
        metrics_.retries.add();
        changed = true;  // what the round was to look at, it did not
    }

    // What is left goes back to the bus, and the shards to whoever wants them.
    void give_up() {
        for (const auto& message : batch_.messages) bus_.not_now(message.parcel.delivery, milliseconds{0});
        batch_ = {};
        for (int shard = 0; shard < kShards; ++shard) intake_.close(shard);
        try {
            jurisdiction_.release();
        } catch (const db::DbError& error) {
            log::warning("shards_not_released", "error", error.what());  // they expire
        }
    }

    // Waits after a failure; ends at once when the worker stops.
    void pause() {
        if (pause_ == milliseconds{0}) return;
        std::unique_lock lock(mutex_);
        stopped_.wait_for(lock, pause_, [this] { return stop_; });
    }
    void end_pauses() {
        {
            const std::scoped_lock lock(mutex_);
            stop_ = true;
        }
        stopped_.notify_all();
    }

    [[nodiscard]] std::string trouble() const {
        const std::scoped_lock lock(mutex_);
        if (!trouble_.empty()) return trouble_;
        return Clock::now() - last_round_ > kHangs ? "the worker hangs" : "";
    }

    std::atomic<bool> changed{true};
    std::atomic<bool> commands{true};

private:
    // While messages wait they set the pace: what is due later than the last of them is not due yet.
    MonotonicPoint wake_at() {
        auto wait = batch_.judge ? milliseconds{0} : kLongestWait;
        const auto wall = wall_now();
        const auto wake_by = [&](const std::optional<TimePoint>& at) {
            if (at && (!behind_ || *at > wall)) wait = std::min(wait, std::max(*at - wall, milliseconds{0}));
        };
        wake_by(jurisdiction_.timers().next());
        wake_by(jurisdiction_.next_edge());
        return Clock::now() + wait;
    }

    // After a failure the messages of the batch are still here: they go first, alone.
    void gather() {
        look_for_commands();
        if (batch_.messages.empty()) take_messages();
        if (batch_.due.empty()) batch_.due = jurisdiction_.timers().take_due(batch_.now, kDueAtOnce, jurisdiction_.holdings());
    }

    void take_messages() {
        auto results = std::size_t{0};
        while (results < static_cast<std::size_t>(config_.batch_results)) {
            auto parcels = intake_.take(kMessagesAtOnce);
            if (parcels.empty()) break;
            for (auto& parcel : parcels) {
                clock_.took(parcel.shard, parcel.reached);
                auto opened = parking_.open(std::move(parcel));
                if (!opened) continue;
                results += opened->batch.results.size();
                batch_.messages.push_back(*std::move(opened));
            }
        }
        turn_clock();
    }

    void turn_clock() {
        const auto wall = wall_now();
        batch_.now = clock_.turn(intake_.waiting(), wall);
        const auto behind = wall - batch_.now;
        behind_ = behind > milliseconds{0};
        metrics_.behind.set(std::chrono::duration<double>(behind).count());
        if (!said_behind_ && behind > kWorthSaying) {
            log::warning("deciding_late", "behind_ms", behind.count(), "why", "results come faster than they are decided on");
            said_behind_ = true;
        } else if (said_behind_ && !behind_) {
            log::info("deciding_in_time");
            said_behind_ = false;
        }
    }

    void look_for_commands() {
        if (!commands.exchange(false) && Clock::now() < next_commands_) return;
        next_commands_ = Clock::now() + config_.poll;
        const auto shards = jurisdiction_.shard_numbers();
        if (shards.empty()) return;
        batch_.commands = pool_.run(kCommandsWaiting, {shards})[0].boolean(0);
    }

    void failed(const db::DbError& error) {
        jurisdiction_.distrust();  // a commit may have happened without our knowing
        commands = true;
        const bool out_of_reach = error.failure() == db::Failure::unavailable || error.failure() == db::Failure::timeout;
        if (error.failure() != db::Failure::conflict) ill(error.what());
        if (out_of_reach) {
            pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
            return;
        }
        if (error.failure() == db::Failure::conflict) return;
        pause_ = kFirstPause;
        strike(error.what());
    }

    // The database refuses the batch itself. Usually a partition is missing; else the message at fault is found and put aside.
    void strike(std::string_view why) {
        ++strikes_;
        batch_.due.clear();  // comes again with the reading
        if (strikes_ == 1) {
            try {
                pool_.transact([](db::Tx& tx) { tx.run(kPartitions); });
            } catch (const db::DbError& error) {
                log::error("partitions_not_made", "error", error.what());
            }
            return;
        }
        if (batch_.messages.size() > 1) {
            std::vector<Parcel> rest;
            const auto half = batch_.messages.size() / 2;
            for (std::size_t i = half; i < batch_.messages.size(); ++i) rest.push_back(std::move(batch_.messages[i].parcel));
            batch_.messages.resize(half);
            intake_.put_back(std::move(rest));
        } else if (batch_.messages.size() == 1 && strikes_ >= kStrikesToPark) {
            parking_.park(batch_.messages.front().parcel.delivery, why);
            batch_.messages.clear();
        } else if (batch_.messages.empty()) {
            pause_ = kLongestPause;
        }
    }

    void alive() {
        const std::scoped_lock lock(mutex_);
        last_round_ = Clock::now();
    }
    void well() {
        pause_ = milliseconds{0};
        const std::scoped_lock lock(mutex_);
        if (trouble_.empty()) return;
        trouble_.clear();
        log::info("deciding_again");
    }
    void ill(std::string_view what) {
        const std::scoped_lock lock(mutex_);
        if (trouble_.empty()) log::error("cannot_decide", "error", what);
        trouble_ = fmt::format("cannot decide: {}", what);
    }

    const EngineConfig& config_;
    db::Pool& pool_;
    bus::Bus& bus_;
    Intake& intake_;
    Metrics& metrics_;
    std::function<void()> on_committed_;
    Jurisdiction jurisdiction_;
    RegionWatch regions_;
    Confirmations confirmations_;
    Transaction transaction_;
    Parking parking_;
    Batch batch_;
    StreamClock clock_{wall_now()};
    bool behind_ = false;
    bool said_behind_ = false;
    MonotonicPoint next_commands_{};
    int strikes_ = 0;         // refusals of this batch in a row
    milliseconds pause_{0};

    mutable std::mutex mutex_;
    std::condition_variable stopped_;
    bool stop_ = false;
    std::string trouble_;
    MonotonicPoint last_round_ = Clock::now();
};

Worker::Worker(const EngineConfig& config, std::string owner, db::Pool& pool, const crypto::SecretBox& secrets, bus::Bus& bus,
               Intake& intake, Hearing& hearing, Metrics& metrics, std::function<void()> on_committed,
               std::function<void(std::string)> on_missing_urgent)
    : desk_(std::make_unique<Desk>(config, std::move(owner), pool, secrets, bus, intake, hearing, metrics, std::move(on_committed),
                                   std::move(on_missing_urgent))),
      intake_(intake) {}

Worker::~Worker() { stop(); }

void Worker::start() {
    thread_ = std::thread([this] {
        while (!stopping_) {
            desk_->round();
            desk_->pause();
        }
        if (!abandoned_) desk_->give_up();
    });
}

void Worker::stop() {
    stopping_ = true;
    desk_->end_pauses();
    intake_.nudge();
    if (thread_.joinable()) thread_.join();
}

void Worker::abandon() {
    abandoned_ = true;
    stop();
}

void Worker::definitions_changed() {
    desk_->changed = true;
    intake_.nudge();
}

void Worker::commands_waiting() {
    desk_->commands = true;
    intake_.nudge();
}

std::string Worker::trouble() const { return desk_->trouble(); }

}  // namespace sonde::engine
