#include "probe-agent/probe/tls/starttls.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "probe-agent/probe/tls/ldap_reply.h"

namespace sonde::agent {

using check::StartTls;

namespace {

constexpr std::size_t kLongestQuote = 200;
constexpr std::string_view kImapTag = "s1";

// SSLRequest: its length, and 80877103.
constexpr std::string_view kPostgresRequest{"\x00\x00\x00\x08\x04\xd2\x16\x2f", 8};

StartTlsDialogue::Step agreed() { return {StartTlsDialogue::State::agreed, {}, {}}; }

StartTlsDialogue::Step refused(std::string_view what, std::string_view line) {
    return {StartTlsDialogue::State::refused, {}, fmt::format("{}: {}", what, line.substr(0, kLongestQuote))};
}

// The names of commands are never case-sensitive in these protocols, nor are their answers.
bool starts_with(std::string_view line, std::string_view word) {
    const auto same = [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 32 : a) == (b >= 'a' && b <= 'z' ? b - 32 : b); };
    return line.size() >= word.size() && std::equal(word.begin(), word.end(), line.begin(), same);
}

}  // namespace

std::string StartTlsDialogue::opening() const {
    if (protocol_ == StartTls::postgres) return std::string(kPostgresRequest);
    if (protocol_ == StartTls::ldap) return ldap_starttls_request();
    return {};
}

StartTlsDialogue::Step StartTlsDialogue::next(std::string_view command) {
    ++stage_;
    return {State::waiting, std::string(command) + "\r\n", {}};
}

StartTlsDialogue::Step StartTlsDialogue::feed(std::string_view bytes) {
    total_ += bytes.size();
    if (total_ > kMaxBytes) return {State::refused, {}, fmt::format("says more than {} bytes before TLS", kMaxBytes)};
    pending_ += bytes;
    if (protocol_ == StartTls::postgres) return take_postgres();
    if (protocol_ == StartTls::ldap) return take_ldap();
    Step step;
    std::size_t end = 0;
    while ((end = pending_.find('\n')) != std::string::npos) {
        auto line = pending_.substr(0, end);
        pending_.erase(0, end + 1);
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (greeting_.empty()) greeting_ = line;
        auto one = take_line(line);
        step.send += one.send;
        step.state = one.state;
        step.reason = std::move(one.reason);
        if (step.state == State::refused) return step;
        if (step.state == State::agreed) {
            if (!pending_.empty()) return {State::refused, {}, "says more than that it agrees to TLS, before TLS begins"};
            return step;
        }
    }
    return step;
}

StartTlsDialogue::Step StartTlsDialogue::take_line(std::string_view line) {
    switch (protocol_) {
        case StartTls::imap: return take_imap(line);
        case StartTls::pop3: return take_pop3(line);
        case StartTls::ftp: return take_reply(line, stage_ == 0 ? "220" : "234");
        case StartTls::smtp: return take_reply(line, stage_ == 1 ? "250" : "220");
        case StartTls::none:
        case StartTls::postgres:
        case StartTls::ldap: break;
    }
    return {};
}

// `250-more follows`, `250 the last`: RFC 5321 section 4.2.1, RFC 959 section 4.2.
StartTlsDialogue::Step StartTlsDialogue::take_reply(std::string_view line, std::string_view good) {
    const bool is_smtp = protocol_ == StartTls::smtp;
    if (!line.starts_with(good)) {
        // The lines in the middle of a long FTP reply need no code.
        if (!is_smtp && line.size() >= 1 && (line.front() < '1' || line.front() > '5')) return {};
        return refused(stage_ == 0 ? "does not greet" : is_smtp && stage_ == 1 ? "refuses EHLO" : "refuses STARTTLS", line);
    }
    if (line.size() > good.size() && line[good.size()] == '-') return {};
    if (stage_ == 0) return next(is_smtp ? "EHLO sonde.invalid" : "AUTH TLS");
    if (is_smtp && stage_ == 1) return next("STARTTLS");
    return agreed();
}

StartTlsDialogue::Step StartTlsDialogue::take_imap(std::string_view line) {
    if (stage_ == 0) {
        if (!starts_with(line, "* OK")) return refused("does not greet", line);
        return next(fmt::format("{} STARTTLS", kImapTag));
    }
    if (line.starts_with("* ")) return {};  // untagged: not the answer
    if (starts_with(line, fmt::format("{} OK", kImapTag))) return agreed();
    return refused("refuses STARTTLS", line);
}

StartTlsDialogue::Step StartTlsDialogue::take_pop3(std::string_view line) {
    if (!starts_with(line, "+OK")) return refused(stage_ == 0 ? "does not greet" : "refuses STLS", line);
    return stage_ == 0 ? next("STLS") : agreed();
}

StartTlsDialogue::Step StartTlsDialogue::take_postgres() {
    if (pending_.empty()) return {};
    if (pending_ == "S") return agreed();
    if (pending_ == "N") return {State::refused, {}, "has no TLS"};
    if (pending_.front() == 'S') return {State::refused, {}, "says more than that it agrees to TLS, before TLS begins"};
    return {State::refused, {}, "does not answer as PostgreSQL does"};
}

StartTlsDialogue::Step StartTlsDialogue::take_ldap() {
    const auto reply = read_ldap_starttls_reply(pending_);
    switch (reply.state) {
        case LdapReply::State::incomplete: return {};
        case LdapReply::State::malformed: return {State::refused, {}, "does not answer as LDAP does"};
        case LdapReply::State::complete: break;
    }
    if (reply.result_code != 0) return {State::refused, {}, fmt::format("refuses StartTLS: LDAP result code {}", reply.result_code)};
    if (reply.bytes != pending_.size()) return {State::refused, {}, "says more than that it agrees to TLS, before TLS begins"};
    return agreed();
}

}  // namespace sonde::agent
