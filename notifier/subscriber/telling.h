// A subscriber of a status page who is told of something, or asked whether he wants to be: data only.
#pragma once

#include <optional>
#include <string>

#include "lib/base/enum_name.h"
#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/status_page_id.h"

namespace sonde::notifier::subscriber {

// How he is reached; each has room of its own, so that neither waits for the other.
enum class Lane : unsigned char { email, webhook };

// Which this process has the lease of. Its attempt is on record; it must be made now.
struct Telling {
    SubscriberDeliveryId delivery;
    int attempt = 0;  // from 1
    Lane lane = Lane::email;
    SubscriberId subscriber;
    std::string sealed;  // his address
    std::string language;
    bool confirmed = false;
    TimePoint asked_at;
    std::optional<std::string> document;  // page_notice.document; nothing: the question
    std::string slug;
    std::string host;  // empty: the page has none of its own
    std::string title;
    std::string time_zone;
    ChannelId channel{};  // whose mail server it goes by; 0 if there is none that can be used
    std::string channel_config;
    std::string channel_secrets;  // sealed
};

}  // namespace sonde::notifier::subscriber

template <>
struct sonde::EnumNames<sonde::notifier::subscriber::Lane> {
    static constexpr std::array<std::string_view, 2> names{"email", "webhook"};
};
