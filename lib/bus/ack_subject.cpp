#include "lib/bus/ack_subject.h"

#include <array>
#include <charconv>

namespace sonde::bus {
namespace {

constexpr std::size_t kTokens = 9;
constexpr std::size_t kTokensWithDomain = 11;

template <class Number>
bool read(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::optional<AckSubject> parse_ack_subject(std::string_view subject) {
    if (!subject.starts_with("$JS.ACK.")) return std::nullopt;
    std::array<std::string_view, kTokensWithDomain + 1> tokens;
    std::size_t count = 0;
    while (count < tokens.size()) {
        const auto dot = subject.find('.');
        tokens.at(count++) = subject.substr(0, dot);
        if (dot == std::string_view::npos) break;
        subject.remove_prefix(dot + 1);
    }
    if (count != kTokens && count < kTokensWithDomain) return std::nullopt;
    const std::size_t stream = count == kTokens ? 2 : 4;
    AckSubject ack{tokens.at(stream), tokens.at(stream + 1)};
    if (!read(tokens.at(stream + 2), ack.delivered) || !read(tokens.at(stream + 3), ack.stream_sequence)) return std::nullopt;
    if (!read(tokens.at(stream + 5), ack.stored_ns) || !read(tokens.at(stream + 6), ack.pending)) return std::nullopt;
    return ack;
}

}  // namespace sonde::bus
