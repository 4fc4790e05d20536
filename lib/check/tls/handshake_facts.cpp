#include "lib/check/tls/handshake_facts.h"

namespace sonde::check {
namespace {

constexpr std::size_t kLongestGreeting = 512;

}  // namespace

Json write(const HandshakeFacts& facts, bool /*full*/) {
    Json document{{"server_name", facts.server_name}};
    if (!facts.greeting.empty()) document["greeting"] = json::clean_utf8(std::string_view(facts.greeting).substr(0, kLongestGreeting));
    return document;
}

}  // namespace sonde::check
