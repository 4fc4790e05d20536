// The first byte is the protocol and whether leave is taken, the second how the rest is cut.
#include <algorithm>

#include "probe-agent/probe/banner/greeting.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(greeting) {
    using agent::Greeting;
    if (size < 2) return 0;
    const auto protocol = static_cast<check::BannerProtocol>(data[0] % EnumNames<check::BannerProtocol>::names.size());
    const bool goodbye = data[0] >= 128 && protocol != check::BannerProtocol::ssh;
    const std::size_t piece = 1 + data[1];
    auto text = fuzz::text(data, size).substr(2);
    Greeting greeting(protocol, goodbye);
    std::size_t sent = 0;
    while (!text.empty() && greeting.state() != Greeting::State::over) {
        if (!greeting.feed(text.substr(0, piece)).empty()) ++sent;
        text.remove_prefix(std::min(piece, text.size()));
    }
    fuzz::require(sent <= 1 && (goodbye || sent == 0), "leave is taken once, if at all");
    greeting.end();
    const auto& facts = greeting.facts();
    fuzz::require(greeting.state() == Greeting::State::over, "the end is the end");
    fuzz::require(facts.fault.empty() || !facts.goodbye, "no leave is taken of who did not greet");
    std::size_t kept = 0;
    for (const auto& line : facts.lines) kept += line.size();
    for (const auto& line : facts.before) kept += line.size();
    fuzz::require(kept <= Greeting::kMaxBytes + 256, "what is kept is bounded");
    return 0;
}
