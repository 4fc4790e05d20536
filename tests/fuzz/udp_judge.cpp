// The first line is a udp spec, what follows the datagram that answers; without a line's end there is no answer.
#include "lib/check/judge.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(udp_judge) {
    const auto text = fuzz::text(data, size);
    const auto end = text.find('\n');
    const auto document = json::parse(text.substr(0, end));
    if (!document) return 0;
    const auto spec = check::read_spec(check::Kind::udp, *document, "");
    if (!spec) return 0;
    check::Observation seen;
    auto& facts = seen.facts<check::UdpFacts>();
    facts.sent = 1;
    if (end != std::string_view::npos) {
        facts.answered = true;
        facts.answer = std::string(text.substr(end + 1));
    }
    const auto judged = check::judge(*spec, seen, TimePoint{});
    const bool expects = std::get<check::UdpSpec>(*spec).expects();
    fuzz::require(expects || judged.verdict == check::Verdict::up, "silence and any answer are well if nothing is expected");
    fuzz::require(!expects || facts.answered || judged.cause == check::FailureClass::timeout_total, "silence is not what was expected");
    for (const bool full : {false, true}) fuzz::require(json::parse(json::dump(write(facts, full))).ok(), "what was seen is JSON");
    fuzz::require(json::parse(json::dump(check::write_assertions(judged))).ok(), "what is made of it is JSON");
    return 0;
}
