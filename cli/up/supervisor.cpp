#include "cli/up/supervisor.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>

#include "cli/failure.h"
#include "cli/up/file.h"
#include "lib/base/duration.h"
#include "lib/json/json.h"

namespace sonde::cli::up {
namespace {

constexpr std::uintmax_t kLogBytes = 20U << 20U;
constexpr milliseconds kTick{50};
constexpr milliseconds kQuitDeadline{5000};  // between the quit signal and SIGKILL

MonotonicPoint now() { return std::chrono::steady_clock::now(); }

milliseconds since(MonotonicPoint then) { return std::chrono::duration_cast<milliseconds>(now() - then); }

}  // namespace

std::string_view name_of(ChildState state) {
    switch (state) {
        case ChildState::starting: return "starting";
        case ChildState::ready: return "ready";
        case ChildState::waiting: return "waiting to restart";
        case ChildState::stopped: break;
    }
    return "stopped";
}

Supervisor::Supervisor(Say& say, std::function<void(const std::vector<std::unique_ptr<Child>>&)> on_change)
    : say_(say), on_change_(std::move(on_change)), next_rotation_(now()) {
    sigset_t taken;
    sigemptyset(&taken);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&taken, number);
    ::pthread_sigmask(SIG_BLOCK, &taken, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    signals_ = ::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals_ < 0) throw Failure{"cannot take signals"};
}

Supervisor::~Supervisor() {
    stop();
    ::close(signals_);
}

Child& Supervisor::add(Program program) {
    auto& child = *children_.emplace_back(std::make_unique<Child>());
    child.program = std::move(program);
    child.port = child.program.port;
    start_child(child);
    return child;
}

bool Supervisor::wait_until(const std::function<bool()>& condition, milliseconds deadline) {
    const auto end = now() + deadline;
    while (!condition()) {
        if (now() >= end) return false;
        step(kTick);
        if (end_requests_ > 0) throw Interrupted{};
    }
    return true;
}

void Supervisor::run() {
    while (end_requests_ == 0) step(milliseconds{1000});
}

void Supervisor::step(milliseconds at_most) {
    auto wait = at_most;
    for (const auto& child : children_) {
        if (child->state == ChildState::starting) wait = std::min(wait, kTick);
        if (child->state == ChildState::waiting && !stopping_) {
            wait = std::clamp(std::chrono::duration_cast<milliseconds>(child->restart_at - now()) + milliseconds{1}, milliseconds{0}, wait);
        }
    }
    pollfd ready{signals_, POLLIN, 0};
    ::poll(&ready, 1, static_cast<int>(wait.count()));
    take_signals();
    reap();
    for (const auto& child : children_) {
        if (child->state == ChildState::starting) look_for_ready(*child);
        if (child->state == ChildState::waiting && !stopping_ && now() >= child->restart_at) {
            try {
                start_child(*child);
            } catch (const Failure& failure) {
                say_.line(failure.what());
                child->restart_at = now() + child->back_off.next(milliseconds{0});
            }
        }
    }
    rotate_logs();
}

void Supervisor::take_signals() {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        const auto number = static_cast<int>(info.ssi_signo);
        if (number == SIGCHLD) continue;
        if (number == SIGHUP && reload_on_hangup_) {
            say_.line("Asking the services to read their configuration again");
            for (const auto& child : children_) {
                if (child->program.tier == Tier::service && child->id.alive()) ::kill(child->id.pid, SIGHUP);
            }
            continue;
        }
        ++end_requests_;
    }
}

void Supervisor::reap() {
    // Only our own children, by number: nothing else this process may have forked.
    for (const auto& child : children_) {
        int status = 0;
        if (child->id.pid > 0 && ::waitpid(child->id.pid, &status, WNOHANG) == child->id.pid) ended(*child, status);
    }
}

void Supervisor::ended(Child& child, int status) {
    const auto pid = child.id.pid;
    child.id = {};
    child.last_exit = status;
    if (stopping_) {
        child.state = ChildState::stopped;
    } else {
        const auto delay = child.back_off.next(since(child.started));
        child.state = ChildState::waiting;
        child.restart_at = now() + delay;
        ++child.restarts;
        say_.line(child.program.name + " (process " + std::to_string(pid) + ") " + describe_end(status) + "; restarting in " +
                  format_duration(delay) + " (restart " + std::to_string(child.restarts) + ")");
    }
    changed();
}

void Supervisor::start_child(Child& child) {
    if (!child.program.ready_file.empty()) ::unlink(child.program.ready_file.c_str());
    child.id = up::start(child.program);
    child.started = now();
    child.state = child.program.ready_file.empty() ? ChildState::ready : ChildState::starting;
    if (child.restarts > 0) say_.line(child.program.name + " started again (process " + std::to_string(child.id.pid) + ")");
    changed();
}

void Supervisor::look_for_ready(Child& child) {
    const auto text = read_file(child.program.ready_file);
    if (!text) return;
    const auto document = json::parse(*text);
    if (!document || document->value("pid", 0) != child.id.pid) return;
    child.port = document->value("port", 0);
    child.state = ChildState::ready;
    changed();
}

void Supervisor::stop() {
    stopping_ = true;
    const int asked_before = end_requests_;
    const auto impatient = [this, asked_before] { return end_requests_ > asked_before; };
    for (const auto tier : {Tier::service, Tier::bus, Tier::database}) stop_tier(tier, impatient);
    changed();
}

void Supervisor::stop_tier(Tier tier, const std::function<bool()>& impatient) {
    struct Stopping {
        Child* child;
        int sent;  // the last signal
    };
    std::vector<Stopping> left;
    for (const auto& child : children_) {
        if (child->program.tier != tier) continue;
        if (child->id.pid == 0) {
            child->state = ChildState::stopped;
            continue;
        }
        ::kill(child->id.pid, child->program.stop_signal);
        left.push_back({child.get(), child->program.stop_signal});
    }
    const auto begin = now();
    while (true) {
        std::erase_if(left, [](const Stopping& item) { return item.child->id.pid == 0; });
        if (left.empty()) return;
        for (auto& [child, sent] : left) {
            const auto patience = impatient() ? milliseconds{0} : child->program.stop_deadline;
            const auto beyond = since(begin) - patience;
            const int due = beyond >= kQuitDeadline ? SIGKILL : beyond >= milliseconds{0} ? child->program.quit_signal : sent;
            if (due == sent) continue;
            if (!impatient()) say_.line(child->program.name + " did not end in time; ending it by " + ::strsignal(due));
            ::kill(child->id.pid, due);
            sent = due;
        }
        step(kTick);
    }
}

void Supervisor::rotate_logs() {
    if (now() < next_rotation_) return;
    next_rotation_ = now() + std::chrono::seconds{5};
    for (const auto& child : children_) {
        std::error_code failed;
        const auto& log = child->program.log;
        if (const auto size = std::filesystem::file_size(log, failed); failed || size < kLogBytes) continue;
        // The child keeps its file open for appending, so it is copied and emptied, not renamed. A line in between may be lost.
        auto old = log;
        old += ".1";
        std::filesystem::copy_file(log, old, std::filesystem::copy_options::overwrite_existing, failed);
        std::filesystem::resize_file(log, 0, failed);
    }
}

void Supervisor::changed() { on_change_(children_); }

}  // namespace sonde::cli::up
