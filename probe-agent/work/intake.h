// Job messages on their way in: asks for what there is room for, reads it, hands it to the runner.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "lib/bus/bus.h"
#include "probe-agent/work/receipts.h"
#include "probe-agent/work/runner.h"

namespace sonde::agent {

// Pulls from the region's two streams. Loop thread only, but for what the bus calls. A message that cannot be read is counted,
// logged once a minute at most, parked and terminated.
class Intake {
public:
    struct Options {
        std::string region;
        int fetch_window = 16;
    };

    Intake(uv::Loop& loop, bus::Bus& bus, Receipts& receipts, Runner& runner, Options options, Metrics& metrics);
    ~Intake();  // no message is taken after it returned
    Intake(const Intake&) = delete;
    Intake& operator=(const Intake&) = delete;

    void start();
    // Asks anew for what there is room for. Cheap; to be called after places became free.
    void refresh();
    // Asks for nothing any more, and gives back what arrives all the same, asked for before. After a moment, as `close`.
    void drain();
    // The server is told that nobody is here any more.
    void close();
    // Answers of the server that there is no such consumer.
    [[nodiscard]] std::uint64_t missing_answers() const;

private:
    struct Source {
        std::string stream;
        Lane lane = Lane::scheduled;
        std::unique_ptr<bus::Puller> puller;
        std::atomic<int> posted{0};     // messages in the mailbox
        double jobs_per_message = 100;  // of late; a guess on the large side at first, so as not to hold what others could run
    };

    void received(Source& source, bus::Delivery delivery);
    void refuse(const bus::Delivery& delivery, const std::string& reason);
    void ask(Source& source, double room);

    uv::Loop& loop_;
    bus::Bus& bus_;
    Receipts& receipts_;
    Runner& runner_;
    Options options_;
    Metrics& metrics_;
    Source urgent_;
    Source scheduled_;
    bool draining_ = false;
    uv::Timer close_;
    MonotonicPoint complained_{};
    std::uint64_t refused_since_ = 0;
};

}  // namespace sonde::agent
