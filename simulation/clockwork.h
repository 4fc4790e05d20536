// Virtual time: what is to happen, in the order of its instants and, among equals, of being asked for.
#pragma once

#include <functional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/instant.h"

namespace sonde::simulation {

class Clockwork {
public:
    using What = std::function<void()>;

    explicit Clockwork(TimePoint start) : start_(start), now_(start) {}

    [[nodiscard]] TimePoint now() const { return now_; }
    [[nodiscard]] TimePoint start() const { return start_; }
    // What should have happened already happens next.
    void at(TimePoint when, What what);
    void after(milliseconds delay, What what) { at(now_ + delay, std::move(what)); }
    // Lets happen what is due up to `end`, and then it is `end`.
    void run_until(TimePoint end);
    [[nodiscard]] std::uint64_t happened() const { return happened_; }

private:
    struct Entry {
        TimePoint when;
        std::uint64_t order;
        // Moved out of the queue's top, which is gone at once.
        mutable What what;
        bool operator<(const Entry& other) const { return when != other.when ? when > other.when : order > other.order; }
    };
    TimePoint start_;
    TimePoint now_;
    std::uint64_t order_ = 0;
    std::uint64_t happened_ = 0;
    std::priority_queue<Entry> queue_;
};

// What may crash, be stopped as by SIGSTOP, and go on. What it asked for to happen later does not outlive a crash, and waits while it is stopped.
class Process {
public:
    using What = Clockwork::What;

    Process(Clockwork& clockwork, std::string name) : clockwork_(clockwork), name_(std::move(name)) {}
    virtual ~Process() = default;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] bool running() const { return running_; }
    [[nodiscard]] int life() const { return life_; }  // which of its lives this is, from 1

    void start();
    void crash();
    void stop() { stopped_ = true; }
    void go_on();
    // True between the steps of something that must not be torn apart.
    [[nodiscard]] virtual bool is_busy() const { return false; }

    // Wraps what somebody else calls: it is dropped after a crash, and waits while we are stopped.
    What ours(What what);
    void later(milliseconds delay, What what) { clockwork_.after(delay, ours(std::move(what))); }

protected:
    virtual void begin() = 0;   // with an empty memory
    virtual void forget() = 0;  // all that was in memory
    [[nodiscard]] TimePoint now() const { return clockwork_.now(); }
    Clockwork& clockwork() { return clockwork_; }

private:
    Clockwork& clockwork_;
    std::string name_;
    bool running_ = false;
    bool stopped_ = false;
    int life_ = 0;
    std::vector<What> held_;
};

}  // namespace sonde::simulation
