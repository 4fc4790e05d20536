// The dialogue of a TCP check. Pure: bytes in, bytes out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/check/tcp/facts.h"
#include "lib/check/tcp/spec.h"

namespace sonde::agent {

// Steps in order. An expectation is looked for in what came since the one before was met; text and bytes leave what stands behind them
// for the next, a pattern takes all there is, one for a line the lines up to the one that matched. What is kept of a peer is at most kMaxReceived.
class TcpDialogue {
public:
    static constexpr std::size_t kMaxReceived = 64 * 1024;
    static constexpr std::size_t kMaxMatched = 16 * 1024;  // a pattern looks at the first of what came
    static constexpr std::size_t kMaxMatching = 1 << 20;   // all looks of all patterns together: a peer may send byte by byte

    // The steps must outlive it.
    explicit TcpDialogue(const std::vector<check::TcpStep>& steps) : steps_(steps) {}

    // Securing: what is to be sent goes in clear, then TLS begins; then `secured`.
    enum class State : unsigned char { waiting, securing, done, failed };

    // What is to be sent before anything is heard.
    std::string begin();
    // Takes what came, says what is to be sent next.
    std::string feed(std::string_view bytes);
    // TLS is up; what came in clear and was not read is forgotten (whoever can put words in there must not be heard after). Says what is to be
    // sent next.
    std::string secured();
    // The other side will say no more.
    void end();

    [[nodiscard]] State state() const { return state_; }
    // Something came for the step that is waited for, which it is not.
    [[nodiscard]] bool is_answered() const { return !unread_.empty() || (!heard_.empty() && !heard_.back().met && !heard_.back().found.empty()); }
    // Of those begun.
    [[nodiscard]] const std::vector<check::TcpHeard>& heard() const { return heard_; }
    [[nodiscard]] bool overfull() const { return overfull_; }
    [[nodiscard]] bool ended() const { return ended_; }
    // For people: `step 2 contains "220 "`; of the one that is waited for.
    [[nodiscard]] std::string waiting_for() const;

private:
    std::string advance();
    bool meets(const check::TcpStep& step);
    bool finds(const check::TcpStep& step);
    bool finds_line(const check::TcpStep& step, check::TcpHeard& heard);
    void fail();

    const std::vector<check::TcpStep>& steps_;
    State state_ = State::waiting;
    std::vector<check::TcpHeard> heard_;
    std::string unread_;
    std::size_t searched_ = 0;  // of unread_, in vain
    std::size_t received_ = 0;
    std::size_t matching_ = 0;
    bool overfull_ = false;
    bool ended_ = false;
};

}  // namespace sonde::agent
