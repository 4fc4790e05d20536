#include "lib/check/http/evaluation.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <vector>

#include "lib/check/http/body_assertion.h"
#include "lib/check/http/header.h"
#include "lib/check/http/url_credentials.h"

namespace sonde::check {
namespace {

using Days = std::chrono::duration<std::int64_t, std::ratio<86'400>>;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

Verdict verdict_of(FailureClass cause, Assertion::Severity severity) {
    if (cause == FailureClass::none) return Verdict::up;
    if (is_agents_fault(cause)) return Verdict::unknown;
    return severity == Assertion::Severity::down ? Verdict::down : Verdict::degraded;
}

// Whether a certificate is valid for `days` more.
Finding judge_days_left(TimePoint not_after, std::int64_t days, TimePoint now) {
    const bool holds = not_after - now >= Days{days};
    const auto cause = holds ? FailureClass::none : FailureClass::tls_expired;
    if (not_after < now) return {cause, "expired since " + to_rfc3339(not_after)};
    return {cause, fmt::format("{} days left", std::chrono::floor<Days>(not_after - now).count())};
}

}  // namespace

AssertionResult AssertionEvaluation::judge(const Assertion& assertion) {
    auto finding = find(assertion);
    return {label(assertion), expectation(assertion), std::move(finding.found), verdict_of(finding.cause, assertion.severity), finding.cause};
}

Finding AssertionEvaluation::find(const Assertion& assertion) {
    switch (assertion.on) {
        case Subject::response_time: return response_time(assertion);
        case Subject::header: return header(assertion);
        case Subject::body: return judge_body(assertion, facts_, work_);
        case Subject::json: return json_.judge(assertion, work_);
        case Subject::certificate: break;
    }
    if (!observation_.tls) return {FailureClass::assertion, ""};
    return judge_days_left(observation_.tls->certificate.not_after, assertion.value.get<std::int64_t>(), now_);
}

Finding AssertionEvaluation::response_time(const Assertion& assertion) const {
    const auto total = observation_.phases.total;
    const bool holds = total < milliseconds{assertion.value.get<std::int64_t>()};
    return {holds ? FailureClass::none : FailureClass::too_slow, fmt::format("{} ms", static_cast<double>(total.count()) / 1000)};
}

// Of a header that came more than once one value must satisfy the comparison; none may, for a negation.
Finding AssertionEvaluation::header(const Assertion& assertion) {
    std::vector<std::string_view> values;
    for (const auto& [name, value] : facts_.headers) {
        if (strcasecmp(name.c_str(), assertion.of.c_str()) == 0) values.push_back(trimmed(value));
    }
    const bool secret = is_secret_header(assertion.of);
    const auto shown = [&](std::string_view value) {
        if (secret) return std::string("***");
        return quoted(without_credentials(value), kExcerpt) + (values.size() > 1 ? fmt::format(", one of {}", values.size()) : "");
    };
    if (values.empty()) return {assertion.comparison == Comparison::not_exists ? FailureClass::none : FailureClass::assertion, ""};
    if (assertion.comparison == Comparison::exists) return {FailureClass::none, shown(values[0])};
    if (assertion.comparison == Comparison::not_exists) return {FailureClass::assertion, shown(values[0])};
    for (const auto value : values) {
        if (!work_.spend(steps_of(assertion, value))) return too_much_text();
        if (position(assertion, value) == std::string_view::npos) continue;
        return {is_negation(assertion.comparison) ? FailureClass::assertion : FailureClass::none, shown(value)};
    }
    return {is_negation(assertion.comparison) ? FailureClass::none : FailureClass::assertion, shown(values[0])};
}

}  // namespace sonde::check
