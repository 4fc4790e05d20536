#include "cli/check/report.h"

namespace sonde::cli::check_command {
namespace {

constexpr int kDown = 1;
constexpr int kUnknown = 3;

}  // namespace

Json report(const check::Observation& observation, const check::Judgement& judgement) {
    Json out;
    out["verdict"] = std::string{name_of(judgement.verdict)};
    out["class"] = std::string{name_of(judgement.cause)};
    if (!judgement.message.empty()) out["message"] = judgement.message;
    out["assertions"] = check::write_assertions(judgement);
    auto& seen = out["observation"] = check::write_observation(observation, check::Depth::full);
    seen["phases_ms"] = check::write_phases(observation.phases);
    return out;
}

int exit_code(check::Verdict verdict) {
    switch (verdict) {
        case check::Verdict::down: return kDown;
        case check::Verdict::unknown: return kUnknown;
        case check::Verdict::up:
        case check::Verdict::degraded: break;
    }
    return 0;
}

}  // namespace sonde::cli::check_command
