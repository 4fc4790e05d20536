// How a server is asked for TLS over a connection that begins in clear. Pure: bytes in, bytes out.
#pragma once

#include <string>
#include <string_view>

#include "lib/check/tls/spec.h"

namespace sonde::agent {

// One negotiation. SMTP: RFC 3207, IMAP: RFC 9051 section 6.2.1, POP3: RFC 2595, FTP: RFC 4217, LDAP: RFC 4511 section 4.14,
// PostgreSQL: SSLRequest of its protocol 3.0.
class StartTlsDialogue {
public:
    // What the server says before TLS is at most this.
    static constexpr std::size_t kMaxBytes = 16 * 1024;

    // `protocol` is not `none`.
    explicit StartTlsDialogue(check::StartTls protocol) : protocol_(protocol) {}

    enum class State : unsigned char { waiting, agreed, refused };
    struct Step {
        State state = State::waiting;
        std::string send;    // next, if waiting
        std::string reason;  // for people, if refused: `refuses STARTTLS: 454 TLS not available`
    };

    // What we say unasked; nothing where the server speaks first.
    [[nodiscard]] std::string opening() const;
    // Takes what the server said. Not called again once agreed or refused. Bytes behind the agreement are refused: whoever was in
    // between could have put them there, and TLS cannot begin with them.
    Step feed(std::string_view bytes);

    // The first line the server said; empty where the protocol has none.
    [[nodiscard]] const std::string& greeting() const { return greeting_; }

private:
    Step take_line(std::string_view line);
    Step take_reply(std::string_view line, std::string_view good);
    Step take_imap(std::string_view line);
    Step take_pop3(std::string_view line);
    Step take_postgres();
    Step take_ldap();
    Step next(std::string_view command);

    check::StartTls protocol_;
    std::string pending_;
    std::string greeting_;
    std::size_t total_ = 0;
    int stage_ = 0;  // how many of our commands were sent
};

}  // namespace sonde::agent
