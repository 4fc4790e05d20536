#include "probe-agent/probe/banner/greeting.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/check/header_fields.h"

namespace sonde::agent {

using check::BannerProtocol;

namespace {

constexpr std::string_view kImapTag = "s1";
constexpr std::size_t kLongestSoftware = 200;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The words of these protocols are not case-sensitive.
bool begins(std::string_view line, std::string_view word) {
    if (line.size() < word.size() || check::lower_case(line.substr(0, word.size())) != check::lower_case(word)) return false;
    return line.size() == word.size() || line[word.size()] == ' ';
}

// Behind `SMTP` or `ESMTP`, where servers name themselves: `mx.example.com ESMTP Postfix (Debian)`.
std::string smtp_software(std::string_view text) {
    const auto place = text.find("SMTP ");
    return place == std::string_view::npos ? std::string() : std::string(text.substr(place + 5, kLongestSoftware));
}

}  // namespace

std::string Greeting::feed(std::string_view bytes) {
    if (state_ == State::over) return {};
    total_ += bytes.size();
    pending_ += bytes;
    std::size_t end = 0;
    while (state_ != State::over && (end = pending_.find('\n')) != std::string::npos) {
        auto line = pending_.substr(0, end);
        pending_.erase(0, end + 1);
        if (line.ends_with('\r')) line.pop_back();
        take_line(line);
    }
    if (total_ > kMaxBytes) {
        if (state_ == State::greeting) fault(fmt::format("more than {} bytes without an end of the greeting", kMaxBytes));
        state_ = State::over;
    }
    return std::exchange(sending_, {});
}

void Greeting::end() {
    facts_.ended = state_ == State::greeting;
    if (facts_.ended && !pending_.empty()) facts_.lines.push_back(std::exchange(pending_, {}));
    state_ = State::over;
}

void Greeting::take_line(std::string_view line) {
    if (state_ == State::parting) return take_parting(line);
    switch (protocol_) {
        case BannerProtocol::smtp:
        case BannerProtocol::ftp: return take_reply(line);
        case BannerProtocol::imap:
        case BannerProtocol::pop3: return take_word(line);
        case BannerProtocol::ssh: return take_identification(line);
    }
}

void Greeting::fault(std::string what) {
    facts_.fault = std::move(what);
    state_ = State::over;
}

void Greeting::greeted() {
    state_ = goodbye_ ? State::parting : State::over;
    if (!goodbye_) return;
    sending_ = protocol_ == BannerProtocol::imap ? fmt::format("{} LOGOUT\r\n", kImapTag) : "QUIT\r\n";
}

// `220-one of several`, `220 the last`. Of FTP the lines in between need no code.
void Greeting::take_reply(std::string_view line) {
    const bool is_first = facts_.lines.empty();
    facts_.lines.emplace_back(line);
    const bool has_code = line.size() >= 3 && std::all_of(line.begin(), line.begin() + 3, is_digit) && (line.size() == 3 || line[3] == ' ' || line[3] == '-');
    if (!has_code) {
        if (is_first || protocol_ == BannerProtocol::smtp) fault(fmt::format("a line without a code: {}", line));
        return;
    }
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (is_first) facts_.code = code;
    if (code != facts_.code) {
        if (protocol_ == BannerProtocol::smtp) fault(fmt::format("a reply of two codes, {} and {}", facts_.code, code));
        return;
    }
    if (line.size() > 3 && line[3] == '-') return;
    if (code != 220) return fault(fmt::format("{}", fmt::join(facts_.lines, "\n")));
    if (protocol_ == BannerProtocol::smtp) facts_.software = smtp_software(facts_.lines.front());
    greeted();
}

void Greeting::take_word(std::string_view line) {
    facts_.lines.emplace_back(line);
    const bool is_good = protocol_ == BannerProtocol::imap ? begins(line, "* OK") || begins(line, "* PREAUTH") : begins(line, "+OK");
    if (!is_good) return fault(std::string(line));
    greeted();
}

// `SSH-2.0-OpenSSH_9.2p1 Debian-2`; lines before it are allowed, and are not of SSH.
void Greeting::take_identification(std::string_view line) {
    if (!line.starts_with("SSH-")) {
        facts_.before.emplace_back(line);
        return;
    }
    facts_.lines.emplace_back(line);
    if (line.size() + 2 > kMaxSshLine) return fault(fmt::format("an identification of more than {} bytes", kMaxSshLine));
    if (!std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7f; })) return fault("an identification that is not plain text");
    const auto dash = line.find('-', 4);
    if (dash == std::string_view::npos) return fault(fmt::format("an identification without a software version: {}", line));
    facts_.protocol_version = line.substr(4, dash - 4);
    const auto software = line.substr(dash + 1);
    facts_.software = software.substr(0, software.find(' '));
    if (facts_.software.empty()) return fault(fmt::format("an identification without a software version: {}", line));
    if (facts_.protocol_version != "2.0" && facts_.protocol_version != "1.99") return fault(fmt::format("a version of SSH that is not 2.0: {}", line));
    greeted();
}

void Greeting::take_parting(std::string_view line) {
    switch (protocol_) {
        case BannerProtocol::imap:
            if (!begins(line, std::string(kImapTag) + " OK")) return;  // `* BYE` comes before
            break;
        case BannerProtocol::pop3:
            if (!begins(line, "+OK")) return;
            break;
        case BannerProtocol::smtp:
        case BannerProtocol::ftp:
            if (!begins(line, "221")) return;
            break;
        case BannerProtocol::ssh: return;
    }
    facts_.goodbye = true;
    state_ = State::over;
}

}  // namespace sonde::agent
