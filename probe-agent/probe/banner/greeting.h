// How servers greet that speak first, and how one takes leave of them. Pure: bytes in, bytes out.
#pragma once

#include <string>
#include <string_view>

#include "lib/check/banner/facts.h"
#include "lib/check/banner/spec.h"

namespace sonde::agent {

// One greeting. SMTP: RFC 5321 section 4.2, IMAP: RFC 9051 section 7.1, POP3: RFC 1939 section 4, FTP: RFC 959 section 4.2,
// SSH: RFC 4253 section 4.2.
class Greeting {
public:
    static constexpr std::size_t kMaxBytes = 16 * 1024;
    static constexpr std::size_t kMaxSshLine = 255;  // with CR and LF

    // `goodbye`: whether to take leave.
    Greeting(check::BannerProtocol protocol, bool goodbye) : protocol_(protocol), goodbye_(goodbye) {}

    enum class State : unsigned char {
        greeting,  // more must come
        parting,   // the greeting is whole and we have taken leave; the answer is still to come
        over,
    };

    // Takes what came and says what is to be sent.
    std::string feed(std::string_view bytes);
    // The other side will say no more.
    void end();

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] const check::BannerFacts& facts() const { return facts_; }

private:
    void take_line(std::string_view line);
    void take_reply(std::string_view line);
    void take_word(std::string_view line);
    void take_identification(std::string_view line);
    void take_parting(std::string_view line);
    void fault(std::string what);
    void greeted();

    check::BannerProtocol protocol_;
    bool goodbye_;
    State state_ = State::greeting;
    check::BannerFacts facts_;
    std::string pending_;
    std::string sending_;
    std::size_t total_ = 0;
};

}  // namespace sonde::agent
