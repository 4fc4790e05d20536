#include "notifier/send/smtp_dialogue.h"

#include <algorithm>
#include <utility>

namespace sonde::notifier {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// RFC 5321, section 4.2: three digits, then nothing, a space or a hyphen. 0 if it is no answer.
int code_of(std::string_view line) {
    if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit)) return 0;
    if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

}  // namespace

void SmtpDialogue::said(std::string_view command) {
    under_way_ = {};
    if (command.starts_with("QUIT")) {
        about_ = About::other;
        return;
    }
    refusal_ = {};  // whatever was refused before, it goes on
    about_ = About::other;
    if (command.starts_with("RCPT TO:")) {
        about_ = About::recipient;
        recipients_.emplace_back();
    } else if (command.starts_with("DATA\r\n")) {
        about_ = About::data;
    }
}

void SmtpDialogue::answered(std::string_view lines) {
    while (!lines.empty()) {
        const auto end = std::min(lines.find('\n'), lines.size());
        auto text = lines.substr(0, end);
        lines.remove_prefix(std::min(end + 1, lines.size()));
        if (text.ends_with('\r')) text.remove_suffix(1);
        line(text);
    }
}

void SmtpDialogue::line(std::string_view text) {
    const int code = code_of(text);
    if (code == 0) return;
    const auto words = text.substr(std::min<std::size_t>(4, text.size()));
    under_way_.code = code;
    auto& all = under_way_.words;
    if (!all.empty() && all.size() < MailAnswer::kMaxWords) all += ' ';
    all += words.substr(0, MailAnswer::kMaxWords - std::min(all.size(), MailAnswer::kMaxWords));
    if (text.size() > 3 && text[3] == '-') return;
    take(std::exchange(under_way_, {}));
}

void SmtpDialogue::take(MailAnswer answer) {
    switch (about_) {
        case About::recipient:
            if (recipients_.back().code == 0) recipients_.back() = std::move(answer);
            return;
        case About::message:
            if (message_.code == 0) message_ = std::move(answer);
            return;
        case About::data:
            if (answer.code == 354) {
                about_ = About::message;
                return;
            }
            [[fallthrough]];
        case About::other:
            if (answer.code >= 400) refusal_ = std::move(answer);
            return;
    }
}

}  // namespace sonde::notifier
