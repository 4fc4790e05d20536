#include "lib/check/udp/judge.h"

#include <fmt/format.h>

#include "lib/check/hex.h"

namespace sonde::check {

Judgement judge(const UdpSpec& spec, const Observation& observation, TimePoint /*now*/) {
    auto judgement = all_well();
    static const UdpFacts nothing;
    const auto* seen = observation.find<UdpFacts>();
    const auto& facts = seen == nullptr ? nothing : *seen;
    if (!spec.expects()) return judgement;
    const auto add = [&](std::string expected, bool holds) {
        const auto cause = facts.answered ? FailureClass::body_mismatch : FailureClass::timeout_total;
        auto found = !facts.answered ? std::string() : facts.answer.empty() ? std::string("empty") : facts.answer;
        judgement.add({"answer", std::move(expected), std::move(found), holds ? Verdict::up : Verdict::down, holds ? FailureClass::none : cause});
    };
    const auto has = [&](const std::string& bytes) { return facts.answered && facts.answer.find(bytes) != std::string::npos; };
    if (!spec.expect.empty()) add(fmt::format("with \"{}\"", spec.expect), has(spec.expect));
    if (!spec.expect_hex.empty()) add("with the bytes " + spec.expect_hex, has(from_hex(spec.expect_hex).value_or("")));
    if (spec.pattern) add("one that matches " + spec.expect_matches, facts.answered && spec.pattern->contains(facts.answer));
    return judgement;
}

}  // namespace sonde::check
