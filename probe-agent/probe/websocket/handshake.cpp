#include "probe-agent/probe/websocket/handshake.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>

#include "lib/check/header_fields.h"
#include "lib/crypto/crypto.h"

namespace sonde::agent {
namespace {

constexpr std::string_view kMagic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, section 1.3

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// Without its end; moves on. Nothing if there is no whole line yet.
std::optional<std::string_view> take_line(std::string_view& bytes) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    auto line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

// `HTTP/1.1 101 Switching Protocols`; 0 if it is none.
int status_of(std::string_view line) {
    constexpr std::string_view shape = "HTTP/1.";
    if (!line.starts_with(shape) || line.size() < 12 || !is_digit(line[7]) || line[8] != ' ') return 0;
    if (!std::all_of(line.begin() + 9, line.begin() + 12, is_digit) || (line.size() > 12 && line[12] != ' ')) return 0;
    return (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
}

struct Fields {
    check::HeaderFields all;

    [[nodiscard]] std::vector<std::string> of(std::string_view name) const {
        std::vector<std::string> values;
        for (const auto& [known, value] : all) {
            if (known == name) values.push_back(value);
        }
        return values;
    }
    // One of the comma-separated values, whatever its case.
    [[nodiscard]] bool lists(std::string_view name, std::string_view wanted) const {
        for (const auto& value : of(name)) {
            for (std::string_view rest = value; !rest.empty();) {
                const auto comma = std::min(rest.find(','), rest.size());
                if (check::lower_case(trimmed(rest.substr(0, comma))) == wanted) return true;
                rest.remove_prefix(std::min(comma + 1, rest.size()));
            }
        }
        return false;
    }
};

// RFC 6455, section 4.1: what a client must not take for a handshake.
std::string fault_in(const HandshakeAnswer& answer, const Fields& fields, std::string_view key, const std::vector<std::string>& offered) {
    if (answer.status_line.starts_with("HTTP/1.0")) return "is of HTTP/1.0, which has no upgrades";
    if (!fields.lists("upgrade", "websocket")) return "does not upgrade to websocket";
    if (!fields.lists("connection", "upgrade")) return "does not have Connection: Upgrade";
    const auto accepted = fields.of("sec-websocket-accept");
    if (accepted.size() != 1) return accepted.empty() ? "has no Sec-WebSocket-Accept" : "has more than one Sec-WebSocket-Accept";
    if (accepted.front() != accept_of(key)) return fmt::format("has a Sec-WebSocket-Accept that is not for our key: {}", accepted.front());
    for (const auto& extension : fields.of("sec-websocket-extensions")) {
        if (!extension.empty()) return fmt::format("agrees to an extension that was not offered: {}", extension);
    }
    const auto chosen = fields.of("sec-websocket-protocol");
    if (chosen.size() > 1) return "chooses more than one subprotocol";
    if (!chosen.empty() && std::find(offered.begin(), offered.end(), chosen.front()) == offered.end()) {
        return fmt::format("chooses a subprotocol that was not offered: {}", chosen.front());
    }
    return {};
}

// One head: its answer, nothing yet, or `malformed`.
std::optional<HandshakeAnswer> read_head(std::string_view& bytes, Fields& fields, std::string& malformed) {
    const auto begin = bytes;
    const auto first = take_line(bytes);
    if (!first) return std::nullopt;
    HandshakeAnswer answer;
    answer.status = status_of(*first);
    if (answer.status < 100) {
        malformed = "does not begin with a status line of HTTP/1.1";
        return std::nullopt;
    }
    answer.status_line = *first;
    while (const auto line = take_line(bytes)) {
        if (line->empty()) {
            answer.bytes = begin.size() - bytes.size();
            return answer;
        }
        const auto colon = line->find(':');
        if (colon == std::string_view::npos || !check::is_token(line->substr(0, colon))) {
            malformed = "has a line among its headers that is none";
            return std::nullopt;
        }
        fields.all.emplace_back(check::lower_case(line->substr(0, colon)), trimmed(line->substr(colon + 1)));
        answer.headers += fmt::format("{}\r\n", *line);
    }
    return std::nullopt;
}

}  // namespace

std::string accept_of(std::string_view key) {
    const auto text = fmt::format("{}{}", key, kMagic);
    std::string digest(SHA_DIGEST_LENGTH, '\0');
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), reinterpret_cast<unsigned char*>(digest.data()));
    return crypto::base64(digest);
}

std::string handshake_request(const check::WebSocketSpec& spec, const net::Url& url, std::string_view key, std::string_view user_agent) {
    auto target = url.path;
    if (!url.query.empty()) target += '?' + url.query;
    const auto host = url.origin().substr(url.scheme.size() + 3);
    auto text = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {}\r\nSec-WebSocket-Version: 13\r\n",
                            target, host, key);
    if (!spec.origin.empty()) text += fmt::format("Origin: {}\r\n", spec.origin);
    if (!spec.subprotocols.empty()) text += fmt::format("Sec-WebSocket-Protocol: {}\r\n", fmt::join(spec.subprotocols, ", "));
    bool names_itself = false;
    for (const auto& [name, value] : spec.headers) {
        names_itself = names_itself || check::lower_case(name) == "user-agent";
        text += fmt::format("{}: {}\r\n", name, value);
    }
    if (!names_itself) text += fmt::format("User-Agent: {}\r\n", user_agent);
    return text + "\r\n";
}

HandshakeReading read_handshake(std::string_view bytes, std::string_view key, const std::vector<std::string>& offered) {
    HandshakeReading reading;
    auto rest = bytes.substr(0, kMaxHandshakeBytes);
    while (true) {
        Fields fields;
        auto answer = read_head(rest, fields, reading.malformed);
        if (answer && answer->status < 200 && answer->status != 101) continue;  // interim: the answer is still to come
        if (answer) {
            answer->bytes = std::min(bytes.size(), kMaxHandshakeBytes) - rest.size();
            if (answer->status == 101) answer->fault = fault_in(*answer, fields, key, offered);
            if (answer->status == 101 && answer->fault.empty()) {
                if (auto chosen = fields.of("sec-websocket-protocol"); !chosen.empty()) answer->subprotocol = std::move(chosen.front());
            }
            reading.answer = std::move(answer);
        } else if (reading.malformed.empty() && bytes.size() >= kMaxHandshakeBytes) {
            reading.malformed = fmt::format("has headers of more than {} bytes", kMaxHandshakeBytes);
        }
        return reading;
    }
}

}  // namespace sonde::agent
