#include "lib/check/websocket/judge.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::check {
namespace {

constexpr int kSwitching = 101;

std::string expected_of(const WebSocketSpec& spec) {
    std::string text;
    if (!spec.expect.empty()) text = fmt::format("containing {}", json::dump(spec.expect));
    if (spec.pattern) text += fmt::format("{}matching /{}/", text.empty() ? "" : " and ", spec.expect_matches);
    return text;
}

std::string found_in(const WebSocketFacts& facts) {
    if (facts.met || !facts.breach.empty()) return facts.met ? facts.message : facts.breach;
    const auto last = facts.messages > 0 ? facts.message + " … and then " : std::string();
    if (facts.close_code != 0) return fmt::format("{}closed with {} {}", last, facts.close_code, facts.close_reason);
    if (facts.ended) return last + "closed without a word";
    return facts.message;
}

// Neither another message, nor an end, nor anything wrong: the time was over.
bool is_silent(const WebSocketFacts& facts) { return facts.messages == 0 && facts.close_code == 0 && !facts.ended && facts.breach.empty(); }

}  // namespace

Judgement judge(const WebSocketSpec& spec, const Observation& observation, TimePoint /*now*/) {
    auto judgement = all_well();
    const auto* facts = observation.find<WebSocketFacts>();
    if (facts == nullptr) return judgement;
    const bool switched = facts->status == kSwitching;
    judgement.add(result_of("status", "101", fmt::format("{}", facts->status), switched, FailureClass::http_status));
    if (switched) {
        judgement.add(result_of("handshake", "one of WebSocket", facts->fault.empty() ? "one of WebSocket" : "one that " + facts->fault, facts->fault.empty(),
                             FailureClass::http_protocol));
    }
    const bool is_open = switched && facts->fault.empty();
    if (!spec.subprotocols.empty()) {
        const auto& chosen = facts->subprotocol;
        const bool holds = is_open && std::find(spec.subprotocols.begin(), spec.subprotocols.end(), chosen) != spec.subprotocols.end();
        judgement.add(result_of("subprotocol", fmt::format("{}", fmt::join(spec.subprotocols, " or ")), is_open ? chosen : "not reached", holds,
                             is_open ? FailureClass::assertion : FailureClass::http_protocol));
    }
    if (spec.expects()) {
        judgement.add(result_of("message", expected_of(spec), is_open ? found_in(*facts) : "not reached", is_open && facts->met,
                             is_open && is_silent(*facts) ? FailureClass::timeout_total : FailureClass::body_mismatch));
    }
    if (is_open && !facts->met && !facts->breach.empty()) {
        judgement.add(result_of("frames", "as RFC 6455 says", facts->breach, false, FailureClass::http_protocol));
    }
    return judgement;
}

}  // namespace sonde::check
