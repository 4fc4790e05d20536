// The link by which whoever was told of an incident acknowledges it, once. Nothing of it is kept anywhere until it is used: what it is for is
// sealed in it, under the keys of secrets.key_file and for this purpose alone, so that nobody else can make one, change one, or read one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/crypto/crypto.h"

namespace sonde::channel {

// Where the control plane serves it, with the token as the last segment.
inline constexpr std::string_view kAckPath = "/ack/";

struct AckLink {
    IncidentId incident;
    ChannelId channel;    // who acknowledges is whoever reads this channel
    DeliveryId delivery;  // the message: what it has is good for one acknowledgement, however often it came
    TimePoint expires_at;  // to the second

    // 98 characters of base64url, others each time.
    [[nodiscard]] std::string token(const crypto::SecretBox& box) const;
    // Nothing if it is none of ours, or over.
    static std::optional<AckLink> open(const crypto::SecretBox& box, std::string_view token, TimePoint now);

    friend bool operator==(const AckLink&, const AckLink&) = default;
};

}  // namespace sonde::channel
