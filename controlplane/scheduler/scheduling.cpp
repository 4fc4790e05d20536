#include "controlplane/scheduler/scheduling.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <random>

namespace sonde::scheduler {

Scheduling::Scheduling(const SchedulerConfig& config, db::Pool& pool, const crypto::SecretBox& secrets, const Secret& dsn, bus::Bus& bus,
                       metrics::Registry& metrics, const std::string& owner)
    : watchdog_(config.watchdog, bus, pool, metrics, owner),
      presence_(config.presence, bus, pool, metrics),
      housekeeping_(config.housekeeping, pool, metrics, owner),
      scheduler_(config, pool, secrets, dsn, bus, metrics, owner,
                 {.stream_missing = [this](const std::string&) { watchdog_.nudge(); }, .regions_changed = [this] { watchdog_.nudge(); }}) {}

void Scheduling::start() {
    watchdog_.start();
    presence_.start();
    housekeeping_.start();
    scheduler_.start();
}

void Scheduling::stop() {
    scheduler_.stop();
    housekeeping_.stop();
    presence_.stop();
    watchdog_.stop();
}

std::string process_name() {
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) != 0) host = {'h', 'o', 's', 't'};
    std::random_device random;
    return fmt::format("{}/{}/{:08x}", host.data(), getpid(), random());
}

}  // namespace sonde::scheduler
