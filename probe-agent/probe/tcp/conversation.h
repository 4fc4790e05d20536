// One connection of a TCP check: TLS if asked for, then the dialogue.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "lib/check/observation.h"
#include "probe-agent/probe/net/approach.h"
#include "probe-agent/probe/net/stream.h"
#include "probe-agent/probe/tcp/dialogue.h"
#include "probe-agent/probe/tls/contexts.h"

namespace sonde::agent {

struct ConversationEnd {
    check::TcpConversation conversation;
    check::Phases phases;  // without the total
    std::optional<check::TlsFacts> tls;
};

// It has no deadline of its own: destroying it ends it, and closes its connection. Loop thread only.
class Conversation {
public:
    // With `host`, a name or an address. All must outlive it.
    Conversation(Network& network, TlsContexts& contexts, const check::TcpSpec& spec, std::string host, std::function<void(ConversationEnd)> done);

    // `done` is called once, possibly before this returns; it may destroy the conversation.
    void start();
    // What there is to say when `timeout` is over before `done` was called.
    ConversationEnd overdue(milliseconds timeout);

private:
    void arrived(Arrival arrival);
    bool secure();
    void heard(const Stream::Turn& turn);
    // Whether it goes on; if not, it has reported and may be gone.
    bool take(std::string_view bytes);
    bool talk(const std::string& sending);
    void report(check::Failure failure);
    void measure();
    ConversationEnd so_far();

    Network& network_;
    TlsContexts& contexts_;
    const check::TcpSpec& spec_;
    std::function<void(ConversationEnd)> done_;
    std::unique_ptr<Approach> approach_;
    std::unique_ptr<Stream> stream_;
    TcpDialogue dialogue_;
    ConversationEnd end_;
    bool is_talking_ = false;  // connected, and secure if asked for
    MonotonicPoint step_began_{};
};

}  // namespace sonde::agent
