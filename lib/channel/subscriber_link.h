// The links that subscribers of status pages are given: who he is and what the link is for is sealed in it, as in those to acknowledge by (ack_link.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/base/status_page_id.h"
#include "lib/crypto/crypto.h"

namespace sonde::channel {

// The names are the places of the links below the page's address: `confirm/TOKEN`.
enum class SubscriberPurpose : unsigned char { confirm, unsubscribe, manage };

// How long a link to confirm is good for, from the question on.
inline constexpr std::chrono::hours kConfirmFor{24};

struct SubscriberLink {
    SubscriberId subscriber;
    SubscriberPurpose purpose = SubscriberPurpose::unsubscribe;
    std::optional<TimePoint> expires_at{};  // to the second; nothing: with the subscription

    // Base64url, another each time.
    [[nodiscard]] std::string token(const crypto::SecretBox& box) const;
    // Nothing if it is none of ours, for something else, or over.
    static std::optional<SubscriberLink> open(const crypto::SecretBox& box, SubscriberPurpose purpose, std::string_view token, TimePoint now);

    friend bool operator==(const SubscriberLink&, const SubscriberLink&) = default;
};

// The place that what names a subscriber is sealed for: `subscriber:<sub_…>`.
std::string subscriber_context(SubscriberId subscriber);

}  // namespace sonde::channel

template <>
struct sonde::EnumNames<sonde::channel::SubscriberPurpose> {
    static constexpr std::array<std::string_view, 3> names{"confirm", "unsubscribe", "manage"};
};
