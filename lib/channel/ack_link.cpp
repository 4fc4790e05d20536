#include "lib/channel/ack_link.h"

namespace sonde::channel {
namespace {

constexpr std::string_view kContext = "channel:acknowledge-link";
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kMaxToken = 256;

void append(std::string& bytes, std::int64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>((static_cast<std::uint64_t>(number) >> static_cast<unsigned>(shift)) & 0xffU);
}

std::int64_t number_at(std::string_view bytes, std::size_t place) {
    std::uint64_t number = 0;
    for (const char c : bytes.substr(place * kNumberBytes, kNumberBytes)) number = (number << 8U) | static_cast<unsigned char>(c);
    return static_cast<std::int64_t>(number);
}

}  // namespace

std::string AckLink::token(const crypto::SecretBox& box) const {
    std::string bytes;
    append(bytes, incident.value());
    append(bytes, channel.value());
    append(bytes, delivery.value());
    append(bytes, std::chrono::floor<seconds>(expires_at).time_since_epoch().count());
    return crypto::base64url(box.seal(Secret(bytes), kContext));
}

std::optional<AckLink> AckLink::open(const crypto::SecretBox& box, std::string_view token, TimePoint now) {
    if (token.size() > kMaxToken) return std::nullopt;
    const auto sealed = crypto::from_base64url(token);
    if (!sealed) return std::nullopt;
    const auto opened = box.open(*sealed, kContext);
    if (!opened || opened->reveal().size() != 4 * kNumberBytes) return std::nullopt;
    const auto& bytes = opened->reveal();
    const AckLink link{IncidentId{number_at(bytes, 0)}, ChannelId{number_at(bytes, 1)}, DeliveryId{number_at(bytes, 2)}, TimePoint{seconds{number_at(bytes, 3)}}};
    if (link.expires_at <= now) return std::nullopt;
    return link;
}

}  // namespace sonde::channel
