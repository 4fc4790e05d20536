#include "lib/check/judgement.h"

#include <fmt/format.h>

namespace sonde::check {
namespace {

constexpr std::size_t kLongestFound = 300;

// Down outweighs what is not known, which outweighs a warning.
int weight(Verdict verdict) {
    switch (verdict) {
        case Verdict::up: return 0;
        case Verdict::degraded: return 1;
        case Verdict::unknown: return 2;
        case Verdict::down: return 3;
    }
    return 0;
}

std::string message_of(const AssertionResult& result) {
    if (result.is_said) return fmt::format("{} {}", result.assertion, result.found);
    return fmt::format("{} is {}, must be {}", result.assertion, result.found.empty() ? "not there" : result.found, result.expected);
}

}  // namespace

AssertionResult result_of(std::string assertion, std::string expected, std::string found, bool holds, FailureClass cause) {
    return {std::move(assertion), std::move(expected), std::move(found), holds ? Verdict::up : Verdict::down, holds ? FailureClass::none : cause};
}

void Judgement::add(AssertionResult result) {
    result.found = json::clean_utf8(std::string_view(result.found).substr(0, kLongestFound));
    if (weight(result.verdict) > weight(verdict)) {
        verdict = result.verdict;
        cause = result.cause;
        message = message_of(result);
    }
    assertions.push_back(std::move(result));
}

Judgement all_well() {
    Judgement judgement;
    judgement.verdict = Verdict::up;
    return judgement;
}

Json write_assertions(const Judgement& judgement) {
    Json list = Json::array();
    for (const auto& result : judgement.assertions) {
        list.push_back({{"assertion", result.assertion},
                        {"expected", result.expected},
                        {"found", result.found},
                        {"verdict", name_of(result.verdict)},
                        {"class", name_of(result.cause)}});
        if (result.threshold_days > 0) list.back()["threshold_days"] = result.threshold_days;
    }
    return list;
}

}  // namespace sonde::check
