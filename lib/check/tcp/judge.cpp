#include "lib/check/tcp/judge.h"

#include <fmt/format.h>

namespace sonde::check {
namespace {

AssertionResult judge_connection(const TcpConversation& conversation) {
    const auto& failure = conversation.failure;
    if (!failure) return {fmt::format("address {}", conversation.address), "answers", "answers", Verdict::up, FailureClass::none};
    return {fmt::format("address {}", conversation.address), "answers", failure.message,
            is_agents_fault(failure.cause) ? Verdict::unknown : Verdict::down, failure.cause};
}

std::string found_in(const TcpConversation& conversation, const TcpHeard& heard) {
    std::string found = heard.found;
    if (conversation.overfull) return found + " … and more than 64 KiB";
    if (!heard.met && conversation.ended) return found.empty() ? "closed without a word" : found + " … and closed";
    return found;
}

AssertionResult judge_step(const TcpSpec& spec, const TcpConversation& conversation, std::size_t i) {
    auto name = fmt::format("step {}", i + 1);
    if (spec.addresses == Addresses::each) name += fmt::format(" of {}", conversation.address);
    if (i >= conversation.steps.size()) return {std::move(name), describe(spec.dialogue[i]), "not reached", Verdict::down, FailureClass::body_mismatch};
    const auto& heard = conversation.steps[i];
    return {std::move(name), describe(spec.dialogue[i]), found_in(conversation, heard), heard.met ? Verdict::up : Verdict::down,
            heard.met ? FailureClass::none : FailureClass::body_mismatch};
}

}  // namespace

Judgement judge(const TcpSpec& spec, const Observation& observation, TimePoint /*now*/) {
    auto judgement = all_well();
    const auto* facts = observation.find<TcpFacts>();
    if (facts == nullptr) return judgement;
    for (const auto& conversation : facts->conversations) {
        judgement.add(judge_connection(conversation));
        if (conversation.failure) continue;
        for (std::size_t i = 0; i < spec.dialogue.size(); ++i) {
            if (!is_sending(spec.dialogue[i].action)) judgement.add(judge_step(spec, conversation, i));
        }
    }
    return judgement;
}

}  // namespace sonde::check
