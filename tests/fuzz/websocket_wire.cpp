// The first byte is how the rest is cut, the rest is the answer to a handshake; and frames, after one that is good or if it begins otherwise.
#include <algorithm>

#include "probe-agent/probe/websocket/frames.h"
#include "probe-agent/probe/websocket/handshake.h"
#include "tests/fuzz/target.h"

using namespace sonde;

namespace {

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455, section 1.3

void frames(std::string_view bytes, std::size_t piece) {
    agent::WebSocketFrames session;
    session.send("hello");
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
        session.feed(bytes.substr(0, piece));
        for (const auto& message : session.take_messages()) {
            fuzz::require(message.size() <= agent::WebSocketFrames::kMaxMessage, "no message is longer than we take");
        }
        fuzz::require(session.breach().empty() || session.close_code() == 0, "a server closes in good order or breaks the protocol");
        static_cast<void>(session.take_output());
    }
    session.close();
    static_cast<void>(session.take_output());
}

}  // namespace

SONDE_FUZZ_TARGET(websocket_wire) {
    if (size < 1) return 0;
    const std::size_t piece = 1 + data[0];
    const auto text = fuzz::text(data, size).substr(1);
    if (!text.starts_with("HTTP")) frames(text, piece);
    const auto whole = agent::read_handshake(text, kKey, {"chat"});
    fuzz::require(whole.malformed.empty() || !whole.answer, "an answer or none");
    for (std::size_t had = 0; had < text.size(); had += piece) {
        const auto part = agent::read_handshake(text.substr(0, had), kKey, {"chat"});
        if (part.answer) {
            fuzz::require(whole.answer && whole.answer->bytes == part.answer->bytes, "what is whole does not change by what follows");
            break;
        }
    }
    if (!whole.answer) return 0;
    fuzz::require(whole.answer->bytes <= text.size(), "no more is taken than there is");
    if (whole.answer->status == 101 && whole.answer->fault.empty()) frames(text.substr(whole.answer->bytes), piece);
    return 0;
}
