// What is said to a mail server and what it answers, as libcurl shows it: libcurl itself keeps the last code alone. Pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "notifier/send/exchange.h"

namespace sonde::notifier {

class SmtpDialogue {
public:
    // A command of ours. Of its text nothing is kept, for it may be a password.
    void said(std::string_view command);
    // A line of the server's, or several.
    void answered(std::string_view lines);

    // To each RCPT, in their order.
    [[nodiscard]] const std::vector<MailAnswer>& recipients() const { return recipients_; }
    // To the whole message; else the refusal (RFC 5321: 4yz or 5yz) of something other than a recipient, after which we asked for nothing more. Without a code if there was neither.
    [[nodiscard]] const MailAnswer& end() const { return message_.code != 0 ? message_ : refusal_; }
    // The message was answered: nothing is said any more but good-bye.
    [[nodiscard]] bool is_over() const { return message_.code != 0; }

private:
    enum class About : unsigned char { other, recipient, data, message };
    void line(std::string_view text);
    void take(MailAnswer answer);

    About about_ = About::other;
    MailAnswer under_way_;  // of which not all lines have come
    std::vector<MailAnswer> recipients_;
    MailAnswer message_;
    MailAnswer refusal_;
};

}  // namespace sonde::notifier
