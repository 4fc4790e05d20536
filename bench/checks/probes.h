// Checks as the agent makes them: by the probe of their kind, judged.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "bench/checks/load.h"
#include "probe-agent/probe/probes.h"

namespace sonde::bench {

class ProbeLoad final : public Load {
public:
    // Throws std::runtime_error for a spec that is none.
    ProbeLoad(uv::Loop& loop, check::Kind kind, const std::vector<std::string>& specs, const std::string& ca_file, milliseconds timeout);

    void start(std::function<void(bool good)> done) override;

private:
    void finished(std::uint64_t id, const check::Observation& observation);

    struct Running {
        std::shared_ptr<const agent::Target> target;
        std::function<void(bool)> done;
        std::unique_ptr<agent::Attempt> attempt;
    };
    agent::Resolver resolver_;
    agent::Probes probes_;
    milliseconds timeout_;
    std::vector<std::shared_ptr<const agent::Target>> targets_;
    std::unordered_map<std::uint64_t, Running> running_;
    std::uint64_t last_ = 0;
};

}  // namespace sonde::bench
