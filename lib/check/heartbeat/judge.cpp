#include "lib/check/heartbeat/judge.h"

#include <fmt/format.h>

namespace sonde::check {
namespace {

constexpr std::size_t kLongestLine = 120;

// What the job said of it, if anything: the message of a push, else the last line of its output that is not empty.
std::string last_words(const HeartbeatFacts& facts) {
    std::string_view text = facts.said.empty() ? facts.body : facts.said;
    const auto end = text.find_last_not_of(" \t\r\n");
    if (end == std::string_view::npos) return {};
    text = text.substr(0, end + 1);
    if (const auto line = text.find_last_of("\r\n"); line != std::string_view::npos) text = text.substr(line + 1);
    return json::clean_utf8(text.substr(0, kLongestLine));
}

std::string failure_of(const HeartbeatFacts& facts) {
    auto message = facts.exit_code ? fmt::format("the job ended with exit code {}", *facts.exit_code) : std::string("the job reported a failure");
    if (const auto words = last_words(facts); !words.empty()) message += ": " + words;
    return message;
}

}  // namespace

Judgement judge(const HeartbeatSpec&, const Observation& observation, TimePoint) {
    const auto* facts = observation.find<HeartbeatFacts>();
    if (facts == nullptr || !is_finish(facts->ping)) return {};
    auto judgement = all_well();
    if (facts->ping == PingKind::success) return judgement;
    judgement.add({facts->exit_code ? "exit code" : "ping", facts->exit_code ? "0" : "success",
                   facts->exit_code ? std::to_string(*facts->exit_code) : "fail", Verdict::down, FailureClass::heartbeat_failed});
    judgement.message = failure_of(*facts);
    return judgement;
}

}  // namespace sonde::check
