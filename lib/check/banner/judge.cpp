#include "lib/check/banner/judge.h"

#include <fmt/format.h>

namespace sonde::check {
namespace {

std::string expected_of(BannerProtocol protocol) {
    switch (protocol) {
        case BannerProtocol::smtp:
        case BannerProtocol::ftp: return "220";
        case BannerProtocol::imap: return "* OK or * PREAUTH";
        case BannerProtocol::pop3: return "+OK";
        case BannerProtocol::ssh: return "SSH-2.0 or SSH-1.99";
    }
    return {};
}

}  // namespace

Judgement judge(const BannerSpec& spec, const Observation& observation, TimePoint /*now*/) {
    auto judgement = all_well();
    const auto* facts = observation.find<BannerFacts>();
    if (facts == nullptr) return judgement;
    const auto text = fmt::format("{}", fmt::join(facts->lines, "\n"));
    auto found = text;
    if (!facts->fault.empty()) found = facts->fault;
    if (facts->ended) found = text.empty() ? "closed without a word" : text + " … and closed";
    const bool is_greeting = facts->fault.empty() && !facts->ended;
    const auto add = [&](std::string assertion, std::string expected, const std::string& what, bool holds) {
        judgement.add({std::move(assertion), std::move(expected), what, holds ? Verdict::up : Verdict::down,
                       holds ? FailureClass::none : FailureClass::body_mismatch});
    };
    add("greeting", expected_of(spec.protocol), found, is_greeting);
    if (spec.pattern) add("banner", fmt::format("matching /{}/", spec.expect_matches), text, spec.pattern->contains(text));
    return judgement;
}

}  // namespace sonde::check
