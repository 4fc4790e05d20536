// Keeps children running: one thread, one loop, which also takes the signals. Restarts what dies, ends all in order, touches nothing else.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/up/backoff.h"
#include "cli/up/child.h"
#include "cli/up/say.h"

namespace sonde::cli::up {

enum class ChildState : unsigned char { starting, ready, waiting, stopped };
std::string_view name_of(ChildState state);

struct Child {
    Program program;
    ProcessId id;
    ChildState state = ChildState::stopped;
    int port = 0;
    int restarts = 0;
    int last_exit = 0;  // wait status of the last end
    MonotonicPoint started;
    MonotonicPoint restart_at;
    BackOff back_off;
};

// Thrown out of `wait_until` when a signal asked for the end.
struct Interrupted {};

class Supervisor {
public:
    // Blocks SIGINT, SIGTERM, SIGHUP and SIGCHLD for this thread and takes them from now on. Make it before any other thread.
    // `on_change` runs after every start, end and change of readiness.
    Supervisor(Say& say, std::function<void(const std::vector<std::unique_ptr<Child>>&)> on_change);
    ~Supervisor();  // ends whatever still runs
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    // Started now, and again whenever it ends. The reference lasts as long as the supervisor.
    Child& add(Program program);

    // Supervises until `condition` holds; false after the deadline. Throws Interrupted.
    bool wait_until(const std::function<bool()>& condition, milliseconds deadline);
    // Supervises until a signal asks for the end.
    void run();
    // Tier by tier; each child gets its stop signal, after its deadline its quit signal, at last SIGKILL. A further SIGINT or SIGTERM kills at once.
    void stop();
    // From now on SIGHUP is passed on to the services, which then read their configuration again; before, it asks for the end.
    void reload_on_hangup() { reload_on_hangup_ = true; }

    [[nodiscard]] const std::vector<std::unique_ptr<Child>>& children() const { return children_; }

private:
    void step(milliseconds at_most);
    void take_signals();
    void reap();
    void ended(Child& child, int status);
    void start_child(Child& child);
    void look_for_ready(Child& child);
    void stop_tier(Tier tier, const std::function<bool()>& impatient);
    void rotate_logs();
    void changed();

    Say& say_;
    std::function<void(const std::vector<std::unique_ptr<Child>>&)> on_change_;
    std::vector<std::unique_ptr<Child>> children_;
    int signals_ = -1;
    int end_requests_ = 0;
    bool stopping_ = false;
    bool reload_on_hangup_ = false;
    MonotonicPoint next_rotation_;
};

}  // namespace sonde::cli::up
