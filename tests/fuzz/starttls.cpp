// The first byte is the protocol, the second how the rest is cut.
#include <algorithm>

#include "probe-agent/probe/tls/starttls.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(starttls) {
    using Dialogue = agent::StartTlsDialogue;
    if (size < 2) return 0;
    const auto protocol = static_cast<check::StartTls>(1 + data[0] % (EnumNames<check::StartTls>::names.size() - 1));
    const std::size_t piece = 1 + data[1];
    auto text = fuzz::text(data, size).substr(2);
    Dialogue dialogue(protocol);
    while (!text.empty()) {
        const auto step = dialogue.feed(text.substr(0, piece));
        fuzz::require((step.state == Dialogue::State::refused) == !step.reason.empty(), "a refusal has a reason, and nothing else has");
        if (step.state != Dialogue::State::waiting) return 0;
        text.remove_prefix(std::min(piece, text.size()));
    }
    return 0;
}
