#include "lib/check/domain/judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/check/header_fields.h"

namespace sonde::check {
namespace {

using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;

AssertionResult result(std::string assertion, std::string expected, std::string found, Verdict verdict) {
    const auto cause = verdict == Verdict::up ? FailureClass::none : verdict == Verdict::unknown ? FailureClass::agent_error : FailureClass::assertion;
    return {std::move(assertion), std::move(expected), std::move(found), verdict, cause};
}

Verdict held(bool holds) { return holds ? Verdict::up : Verdict::down; }

AssertionResult judge_expiration(const DomainSpec& spec, const DomainFacts& facts, TimePoint now) {
    const auto more_than = [](int days) { return fmt::format("more than {} days away", days); };
    if (!facts.expires) return result("expiration", more_than(spec.warn_days), "not told by the registry", Verdict::unknown);
    const auto left = *facts.expires - now;
    const auto until = to_rfc3339(*facts.expires).substr(0, 10);
    if (left <= milliseconds{0}) return result("expiration", more_than(spec.critical_days), fmt::format("past, since {}", until), Verdict::down);
    const auto verdict = left <= Days{spec.critical_days} ? Verdict::down : left <= Days{spec.warn_days} ? Verdict::degraded : Verdict::up;
    const auto expected = more_than(verdict == Verdict::down ? spec.critical_days : spec.warn_days);
    auto judged = result("expiration", expected, fmt::format("{} days away, on {}", std::chrono::floor<Days>(left).count(), until), verdict);
    if (verdict != Verdict::up) judged.threshold_days = verdict == Verdict::down ? spec.critical_days : spec.warn_days;
    return judged;
}

AssertionResult judge_statuses(const DomainSpec& spec, const DomainFacts& facts) {
    std::vector<std::string> bad;
    for (const auto& status : facts.statuses) {
        const auto is_same = [&](const std::string& refused) { return plain_status(refused) == plain_status(status); };
        if (std::any_of(spec.bad_statuses.begin(), spec.bad_statuses.end(), is_same)) bad.push_back(status);
    }
    const auto found = fmt::format("{}", fmt::join(bad.empty() ? facts.statuses : bad, ", "));
    return result("status", fmt::format("none of {}", fmt::join(spec.bad_statuses, ", ")), found, held(bad.empty()));
}

AssertionResult judge_registrar(const DomainSpec& spec, const DomainFacts& facts) {
    const auto expected = fmt::format("containing {}", json::dump(spec.registrar));
    if (facts.registrar.empty()) return result("registrar", expected, "not told by the registry", Verdict::unknown);
    const bool holds = lower_case(facts.registrar).find(lower_case(spec.registrar)) != std::string::npos;
    return result("registrar", expected, facts.registrar, held(holds));
}

AssertionResult judge_nameservers(const DomainSpec& spec, const DomainFacts& facts) {
    auto expected = spec.nameservers;
    auto found = facts.nameservers;
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return result("nameservers", fmt::format("{}", fmt::join(expected, ", ")), fmt::format("{}", fmt::join(found, ", ")), held(expected == found));
}

}  // namespace

Judgement judge(const DomainSpec& spec, const Observation& observation, TimePoint now) {
    auto judgement = all_well();
    const auto* facts = observation.find<DomainFacts>();
    if (facts == nullptr) return judgement;
    judgement.add(result("registration", "there", facts->registered ? "there" : "not there: the registry knows no such domain", held(facts->registered)));
    if (!facts->registered) return judgement;  // nothing else can be said of it
    judgement.add(judge_expiration(spec, *facts, now));
    if (!spec.bad_statuses.empty()) judgement.add(judge_statuses(spec, *facts));
    if (!spec.registrar.empty()) judgement.add(judge_registrar(spec, *facts));
    if (!spec.nameservers.empty()) judgement.add(judge_nameservers(spec, *facts));
    return judgement;
}

}  // namespace sonde::check
