#include "probe-agent/probe/tls/ldap_reply.h"

#include <optional>

namespace sonde::agent {
namespace {

constexpr std::string_view kStartTlsOid = "1.3.6.1.4.1.1466.20037";
constexpr char kSequence = 0x30;
constexpr char kInteger = 0x02;
constexpr char kEnumerated = 0x0a;
constexpr char kExtendedRequest = 0x77;   // [APPLICATION 23], constructed
constexpr char kExtendedResponse = 0x78;  // [APPLICATION 24], constructed
constexpr char kRequestName = static_cast<char>(0x80);
constexpr std::size_t kMaxLength = 16 * 1024;

std::string element(char tag, std::string_view content) {
    return std::string{tag, static_cast<char>(content.size())} + std::string(content);
}

// Tag and length in BER.
struct Head {
    char tag = 0;
    std::size_t size = 0;    // of the head itself
    std::size_t length = 0;  // of what follows
};

enum class Outcome : unsigned char { ok, incomplete, malformed };

Outcome read_head(std::string_view bytes, Head& head) {
    if (bytes.size() < 2) return Outcome::incomplete;
    head.tag = bytes[0];
    const auto first = static_cast<unsigned char>(bytes[1]);
    if (first < 0x80U) {
        head.size = 2;
        head.length = first;
        return Outcome::ok;
    }
    const std::size_t count = first & 0x7fU;
    if (count == 0 || count > 4) return Outcome::malformed;  // LDAP forbids the indefinite form
    if (bytes.size() < 2 + count) return Outcome::incomplete;
    for (std::size_t i = 0; i < count; ++i) head.length = (head.length << 8U) | static_cast<unsigned char>(bytes[2 + i]);
    head.size = 2 + count;
    return head.length > kMaxLength ? Outcome::malformed : Outcome::ok;
}

// The content of the element at the beginning of `bytes`, which are all there are; moves behind it.
std::optional<std::string_view> take(std::string_view& bytes, char tag) {
    Head head;
    if (read_head(bytes, head) != Outcome::ok || head.tag != tag || head.size + head.length > bytes.size()) return std::nullopt;
    const auto content = bytes.substr(head.size, head.length);
    bytes.remove_prefix(head.size + head.length);
    return content;
}

}  // namespace

std::string ldap_starttls_request() {
    return element(kSequence, element(kInteger, "\x01") + element(kExtendedRequest, element(kRequestName, kStartTlsOid)));
}

LdapReply read_ldap_starttls_reply(std::string_view bytes) {
    LdapReply reply;
    if (!bytes.empty() && bytes[0] != kSequence) return reply;
    Head head;
    const auto outcome = read_head(bytes, head);
    if (outcome == Outcome::malformed) return reply;
    reply.bytes = head.size + head.length;
    if (outcome == Outcome::incomplete || bytes.size() < reply.bytes) return {LdapReply::State::incomplete, 0, 0};
    auto message = bytes.substr(head.size, head.length);
    const auto id = take(message, kInteger);
    if (!id || *id != "\x01") return reply;
    auto response = take(message, kExtendedResponse);
    if (!response) return reply;
    const auto code = take(*response, kEnumerated);
    if (!code || code->size() != 1) return reply;
    reply.state = LdapReply::State::complete;
    reply.result_code = static_cast<unsigned char>(code->front());
    return reply;
}

}  // namespace sonde::agent
