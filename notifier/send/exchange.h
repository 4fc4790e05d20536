// One exchange with a receiver and what came of it: data only, so that channels can be tested without a network.
#pragma once

#include <string>
#include <vector>

#include "lib/base/instant.h"
#include "notifier/core/retry.h"

namespace sonde::notifier {

// How much of an answer is put on record.
inline constexpr std::size_t kMaxReplyBytes = 1024;

// `url` was validated by net::parse_url.
struct HttpRequest {
    std::string method = "POST";
    std::string url;
    std::vector<std::string> headers;  // `Name: value`
    std::string body;
    std::size_t keep = 2 * kMaxReplyBytes;  // of the answer's body: more than goes on record, as what a cut leaves of a secret does not
};

struct HttpReply {
    int status = 0;  // of the final answer, once its header arrived whole; 0 if none did
    Outcome failure =
        Outcome::unreachable;  // meaningful without a status: timed_out, unreachable, tls, blocked_address or not_sendable
    std::string error;         // for people; empty with a status
    std::string body;          // its first bytes, as they came; may have been cut
    std::string retry_after;   // the header's value, if there was one
    microseconds took{0};
};

enum class MailSecurity : unsigned char {
    starttls,  // a server that does not offer it is sent nothing
    tls,       // from the first byte on
    none,      // only to addresses that the guard's `allow` names
};

// A message and the server that is to take it (RFC 5321). Everything but text and html is ASCII without control characters.
struct MailRequest {
    MailSecurity security = MailSecurity::starttls;
    std::string server;  // name or IP address
    int port = 587;
    std::string authorities;  // PEM, instead of those that all receivers are verified with; empty for those
    std::string user;         // empty: nobody logs in
    std::string password;
    std::string hello;                 // what we call ourselves
    std::string from;                  // addresses of the envelope
    std::vector<std::string> to;       // whom this attempt is for
    std::vector<std::string> headers;  // `Name: value`, encoded, folded by CRLF and a space where that is longer than a line may be
    std::string text;                  // UTF-8; lines end with CRLF
    std::string html;                  // likewise
};

// What the server said last to one thing.
struct MailAnswer {
    static constexpr std::size_t kMaxWords = 512;
    int code = 0;  // 0: nothing
    std::string words;  // its first bytes, as they came; those of several lines are joined
};

struct MailReply {
    // What ended the exchange: what the server said to the whole message, or what it said where it refused to go on. Without a code, see `failure`.
    MailAnswer end;
    std::vector<MailAnswer> recipients;       // in the order of `to`, as far as the server was told of them
    Outcome failure = Outcome::unreachable;  // as HttpReply's
    std::string error;                        // likewise
    microseconds took{0};
};

}  // namespace sonde::notifier

template <>
struct sonde::EnumNames<sonde::notifier::MailSecurity> {
    static constexpr std::array<std::string_view, 3> names{"starttls", "tls", "none"};
};
