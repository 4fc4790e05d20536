// Checks that somebody asks for now: published to the regions, whose answers are waited for. They do not vote and are not kept.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "controlplane/run/options.h"
#include "lib/base/enum_name.h"
#include "lib/bus/bus.h"
#include "lib/json/json.h"
#include "lib/message/job.h"
#include "lib/message/run.h"
#include "lib/metrics/metrics.h"

namespace sonde::run {

// Why a region is missing in the answer.
enum class Missing : unsigned char { no_answer, not_taken, stopping };

struct Order {
    message::JobTemplate job;
    milliseconds timeout{0};           // the job's
    std::vector<std::string> regions;  // each once
};

struct Answer {
    message::RunAnswer from;  // without its document
    Json document;
};

struct Report {
    RunId id;
    std::vector<Answer> answers;                           // in the order of the regions asked
    std::vector<std::pair<std::string, Missing>> missing;  // likewise
};

// Who hears of a run: of each region's answer as it comes, if wanted, then once of all. One at a time, on whatever thread; must not block, throw, or
// call the desk.
struct Watcher {
    std::function<void(const Answer&)> answered;
    std::function<void(Report)> done;
};

// Thread-safe; to be destroyed after the bus it was opened with. Metrics: sonde_runs_under_way, sonde_runs_total{outcome}, sonde_run_answers_total{outcome}.
class Desk {
public:
    Desk(RunOptions options, metrics::Registry& metrics);
    ~Desk();  // as `close`
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    // Hears the agents from now on. The bus must live until after `close`. Before, no region's bus takes a job.
    void open(bus::Bus& bus);
    // Lets all that wait go with what they have, and nobody wait from now on.
    void close();

    // Does not wait. The run is over when every region has answered, or after the job's time-out and `patience`. Of two answers of a region the
    // first counts. Nothing, and the watcher hears nothing, if as many as may are under way already.
    std::optional<RunId> start(const Order& order, Watcher watcher);
    // Nobody wants to know any more: its watcher hears nothing from now on. Does nothing if the run is over.
    void abandon(RunId id);
    // Starts one and blocks until it is over.
    std::optional<Report> ask(const Order& order);

    [[nodiscard]] const RunOptions& options() const { return options_; }

private:
    struct Wait;

    void publish(bus::Bus& bus, const Order& order, const std::shared_ptr<Wait>& wait);
    void hear(const bus::Delivery& delivery);
    void refuse(const bus::Delivery& delivery, const std::string& why);
    bool enter(const std::shared_ptr<Wait>& wait);
    void leave(RunId id);
    std::shared_ptr<Wait> find(RunId id);
    void give_up(Wait& wait, const std::string& region, Missing why);
    bool take(Wait& wait, Answer answer);
    void settle(Wait& wait, Missing otherwise);
    void end(Wait& wait, Missing otherwise);
    void watch_the_clock();

    const RunOptions options_;
    metrics::Gauge& under_way_;
    metrics::Counter& whole_;
    metrics::Counter& partial_;
    metrics::Counter& refused_;
    metrics::Counter& abandoned_;
    metrics::Counter& matched_;
    metrics::Counter& unmatched_;
    metrics::Counter& malformed_;

    std::mutex mutex_;  // of what follows; may be taken by who holds a wait's, never the other way round
    std::condition_variable changed_;
    std::map<RunId, std::shared_ptr<Wait>> waits_;
    bus::Bus* bus_ = nullptr;
    bool closed_ = false;
    bool ending_ = false;
    std::optional<MonotonicPoint> last_complaint_;
    std::unique_ptr<bus::Subscription> subscription_;  // the owner's, outside of the lock: ending it waits for its callback
    std::thread clock_;                                // ends runs at their deadlines
};

}  // namespace sonde::run

template <>
struct sonde::EnumNames<sonde::run::Missing> {
    static constexpr std::array<std::string_view, 3> names{"no agent answered", "the bus did not take the job", "the server is stopping"};
};
