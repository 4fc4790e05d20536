#include "bench/checks/probes.h"

#include <stdexcept>

#include "lib/check/judge.h"

namespace sonde::bench {

ProbeLoad::ProbeLoad(uv::Loop& loop, check::Kind kind, const std::vector<std::string>& specs, const std::string& ca_file,
                     milliseconds timeout)
    : resolver_(loop, {}),
      probes_(loop, resolver_, {.user_agent = "Sonde/bench", .ca_file = ca_file}, *net::make_guard({"127.0.0.0/8"}, {})),
      timeout_(timeout) {
    for (const auto& spec : specs) {
        auto target = agent::read_target(kind, spec);
        if (!target) throw std::runtime_error(target.error().message);
        targets_.push_back(std::move(*target));
    }
}

void ProbeLoad::start(std::function<void(bool good)> done) {
    const auto id = ++last_;
    auto& running = running_[id];
    running.target = targets_[id % targets_.size()];
    running.done = std::move(done);
    running.attempt = probes_.start(running.target, timeout_,
                                    [this, id](check::Observation observation) { finished(id, observation); });
}

void ProbeLoad::finished(std::uint64_t id, const check::Observation& observation) {
    const auto node = running_.extract(id);
    const auto& running = node.mapped();
    const auto judged = check::judge(running.target->spec, observation, wall_now());
    running.done(judged.verdict == check::Verdict::up || judged.verdict == check::Verdict::degraded);
}

}  // namespace sonde::bench
