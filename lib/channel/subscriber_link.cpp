#include "lib/channel/subscriber_link.h"

namespace sonde::channel {
namespace {

constexpr std::size_t kBytesOfNumber = 8;
constexpr std::size_t kLongestToken = 256;

std::string context_of(SubscriberPurpose purpose) { return "status_page:subscriber-link:" + std::string(name_of(purpose)); }

void put(std::string& bytes, std::int64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>((static_cast<std::uint64_t>(number) >> static_cast<unsigned>(shift)) & 0xffU);
}

std::int64_t taken(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char c : bytes.substr(0, kBytesOfNumber)) number = (number << 8U) | static_cast<unsigned char>(c);
    return static_cast<std::int64_t>(number);
}

}  // namespace

std::string SubscriberLink::token(const crypto::SecretBox& box) const {
    std::string bytes;
    put(bytes, subscriber.value());
    put(bytes, expires_at ? std::chrono::floor<seconds>(*expires_at).time_since_epoch().count() : 0);
    return crypto::base64url(box.seal(Secret(bytes), context_of(purpose)));
}

std::optional<SubscriberLink> SubscriberLink::open(const crypto::SecretBox& box, SubscriberPurpose purpose, std::string_view token, TimePoint now) {
    if (token.size() > kLongestToken) return std::nullopt;
    const auto sealed = crypto::from_base64url(token);
    if (!sealed) return std::nullopt;
    const auto opened = box.open(*sealed, context_of(purpose));
    if (!opened || opened->reveal().size() != 2 * kBytesOfNumber) return std::nullopt;
    const std::string_view bytes = opened->reveal();
    SubscriberLink link{SubscriberId{taken(bytes)}, purpose, {}};
    if (const auto until = taken(bytes.substr(kBytesOfNumber)); until != 0) link.expires_at = TimePoint{seconds{until}};
    if (link.expires_at && *link.expires_at <= now) return std::nullopt;
    return link;
}

std::string subscriber_context(SubscriberId subscriber) { return "subscriber:" + subscriber.text(); }

}  // namespace sonde::channel
