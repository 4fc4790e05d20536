// Checks that somebody asks for now: published to the regions, and waited for in the request. They do not vote and are not kept.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
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

// Thread-safe. Metrics: sonde_runs_under_way, sonde_runs_total{outcome}, sonde_run_answers_total{outcome}.
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

    // Blocks until every region has answered, or for the job's time-out and `patience`. Of two answers of a region the first counts.
    // Nothing if as many as may are under way already.
    std::optional<Report> ask(const Order& order);

    [[nodiscard]] const RunOptions& options() const { return options_; }

private:
    struct Wait;

    void publish(bus::Bus& bus, const Order& order, const std::shared_ptr<Wait>& wait);
    void hear(const bus::Delivery& delivery);
    void refuse(const bus::Delivery& delivery, const std::string& why);
    bool enter(const std::shared_ptr<Wait>& wait);
    void leave(RunId id);

    const RunOptions options_;
    metrics::Gauge& under_way_;
    metrics::Counter& whole_;
    metrics::Counter& partial_;
    metrics::Counter& refused_;
    metrics::Counter& matched_;
    metrics::Counter& unmatched_;
    metrics::Counter& malformed_;

    std::mutex mutex_;  // of what follows
    std::map<RunId, std::shared_ptr<Wait>> waits_;
    bus::Bus* bus_ = nullptr;
    bool closed_ = false;
    std::optional<MonotonicPoint> last_complaint_;
    std::unique_ptr<bus::Subscription> subscription_;  // the owner's, outside of the lock: ending it waits for its callback
};

}  // namespace sonde::run

template <>
struct sonde::EnumNames<sonde::run::Missing> {
    static constexpr std::array<std::string_view, 3> names{"no agent answered", "the bus did not take the job", "the server is stopping"};
};
