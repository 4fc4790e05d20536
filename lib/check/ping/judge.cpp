#include "lib/check/ping/judge.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::check {
namespace {

AssertionResult judge_loss(const PingSpec& spec, const PingFacts& facts) {
    // Compared as whole numbers: lost/sent > percent/100.
    const auto above = [&](int percent) { return facts.lost() * 100 > percent * facts.sent; };
    auto expected = fmt::format("at most {} %", std::min(spec.max_loss_percent, spec.degraded_loss_percent));
    auto found = fmt::format("{} of {} packets, {:.0f} %", facts.lost(), facts.sent, facts.sent == 0 ? 0.0 : 100.0 * facts.lost() / facts.sent);
    if (!facts.error.empty()) found += "; " + facts.error;
    if (above(spec.max_loss_percent)) {
        expected = fmt::format("at most {} %", spec.max_loss_percent);
        return {"loss", std::move(expected), std::move(found), Verdict::down, facts.received == 0 ? FailureClass::unreachable : FailureClass::assertion};
    }
    if (above(spec.degraded_loss_percent)) return {"loss", std::move(expected), std::move(found), Verdict::degraded, FailureClass::assertion};
    return {"loss", std::move(expected), std::move(found), Verdict::up, FailureClass::none};
}

AssertionResult judge_rtt(const PingSpec& spec, const PingFacts& facts) {
    const auto limit = facts.rtt_avg > spec.max_rtt ? spec.max_rtt : spec.degraded_rtt;
    const auto verdict = facts.rtt_avg > spec.max_rtt ? Verdict::down : facts.rtt_avg > spec.degraded_rtt ? Verdict::degraded : Verdict::up;
    return {"rtt average", fmt::format("at most {} ms", limit.count()), fmt::format("{:.3f} ms", static_cast<double>(facts.rtt_avg.count()) / 1000), verdict,
            verdict == Verdict::up ? FailureClass::none : FailureClass::too_slow};
}

}  // namespace

Judgement judge(const PingSpec& spec, const Observation& observation, TimePoint /*now*/) {
    auto judgement = all_well();
    static const PingFacts nothing;
    const auto* seen = observation.find<PingFacts>();
    const auto& facts = seen == nullptr ? nothing : *seen;
    judgement.add(judge_loss(spec, facts));
    if (facts.received > 0) judgement.add(judge_rtt(spec, facts));
    return judgement;
}

}  // namespace sonde::check
