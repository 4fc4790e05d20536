#include "lib/check/udp/facts.h"

#include <fmt/format.h>

namespace sonde::check {

Json write(const UdpFacts& facts, bool full) {
    constexpr std::size_t kMostBytes = 4 * 1024;
    Json document{{"sent", facts.sent}, {"answered", facts.answered}};
    if (!facts.answered) return document;
    document["answer_bytes"] = facts.answer.size();
    if (!full) return document;
    const auto part = std::string_view(facts.answer).substr(0, kMostBytes);
    auto text = json::clean_utf8(part);
    if (text != part) {
        std::string digits;
        for (const char c : part) digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
        document["answer_hex"] = std::move(digits);
    }
    document["answer"] = std::move(text);
    return document;
}

}  // namespace sonde::check
