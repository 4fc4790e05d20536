#include "probe-agent/blackbox/answer.h"

#include <fmt/format.h>

#include "probe-agent/blackbox/exposition.h"
#include "probe-agent/blackbox/verdict.h"

namespace sonde::agent::blackbox {
namespace {

constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

std::string line_of(const check::AssertionResult& one) {
    return fmt::format("[{}] {}: must be {}, is {}\n", name_of(one.verdict), one.assertion, one.expected, one.found.empty() ? "not there" : one.found);
}

std::string describe(const Outcome& outcome, const check::Judgement& judgement, const std::string& target, const std::string& metrics) {
    auto text = fmt::format("Probe of {} by the module {}\n\nVerdict: {}", target, outcome.module->name, name_of(judgement.verdict));
    if (judgement.verdict != check::Verdict::up) text += fmt::format(" ({}): {}", name_of(judgement.cause), judgement.message);
    text += "\n\nAssertions:\n";
    for (const auto& one : judgement.assertions) text += line_of(one);
    if (judgement.assertions.empty()) text += "none was looked at\n";
    text += fmt::format("\nWhat was seen:\n{}\n", json::dump_pretty(check::write_observation(outcome.seen, check::Depth::full)));
    text += fmt::format("\nPhases, in milliseconds:\n{}\n", json::dump_pretty(check::write_phases(outcome.seen.phases)));
    text += fmt::format("\nMetrics that would have been returned:\n{}", metrics);
    text += fmt::format("\nModule:\n{}\n", json::dump_pretty(blackbox::describe(*outcome.module)));
    text = json::clean_utf8(text);
    return outcome.target == nullptr ? text : outcome.target->redact(std::move(text));
}

}  // namespace

http::Response refusal(int status, std::string why) { return http::Response::text(std::move(why) + '\n', "text/plain; charset=utf-8", status); }

Answer answer(const Outcome& outcome, const std::string& target, bool debug) {
    const auto judgement = judge(outcome);
    const auto& failure = outcome.seen.failure;
    if (debug) {
        auto text = describe(outcome, judgement, target, write_metrics(outcome, judgement));
        return {http::Response::text(std::move(text)), judgement.verdict};
    }
    if (judgement.verdict == check::Verdict::unknown) return {refusal(503, "the probe could not be run: " + judgement.message), judgement.verdict};
    const bool saw_nothing = std::holds_alternative<std::monostate>(outcome.seen.seen);
    if (failure.cause == check::FailureClass::blocked_address && saw_nothing)
        return {refusal(403, "this agent does not probe there (guard.allow): " + failure.message), check::Verdict::unknown};
    return {http::Response::text(write_metrics(outcome, judgement), kMetricsType), judgement.verdict};
}

}  // namespace sonde::agent::blackbox
