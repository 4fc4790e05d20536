#include "cli/check/report.h"

namespace sonde::cli::check_command {
namespace {

constexpr int kDown = 1;
constexpr int kUnknown = 3;

Json phases(const check::Phases& p) {
    const auto ms = [](microseconds time) { return static_cast<double>(time.count()) / 1000; };
    return {{"resolve", ms(p.resolve)},       {"connect", ms(p.connect)},   {"tls", ms(p.tls)},
            {"first_byte", ms(p.first_byte)}, {"transfer", ms(p.transfer)}, {"total", ms(p.total)}};
}

}  // namespace

Json report(const check::Observation& observation, const check::Judgement& judgement) {
    Json out;
    out["verdict"] = std::string{name_of(judgement.verdict)};
    out["class"] = std::string{name_of(judgement.cause)};
    if (!judgement.message.empty()) out["message"] = judgement.message;
    auto& seen = out["observation"] = Json::object();
    if (!observation.address.empty()) seen["address"] = observation.address;
    if (!observation.final_url.empty()) seen["final_url"] = observation.final_url;
    if (!observation.http_version.empty()) seen["http_version"] = observation.http_version;
    if (observation.http_status != 0) {
        seen["http_status"] = observation.http_status;
        seen["redirects"] = observation.redirects;
        seen["body_bytes"] = observation.body_bytes;
        seen["body_truncated"] = observation.body_truncated;
    }
    if (const auto& certificate = observation.certificate) {
        seen["certificate"] = {{"subject", certificate->subject},
                               {"issuer", certificate->issuer},
                               {"not_before", to_rfc3339(certificate->not_before)},
                               {"not_after", to_rfc3339(certificate->not_after)}};
    }
    seen["phases_ms"] = phases(observation.phases);
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
