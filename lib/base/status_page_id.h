// Identifiers of status pages, and of who hears of what is on them.
#pragma once

#include "lib/base/id.h"

namespace sonde {

namespace id_tag {
struct StatusPage { static constexpr std::string_view prefix = "stp"; };
struct Subscriber { static constexpr std::string_view prefix = "sub"; };
struct PageNotice { static constexpr std::string_view prefix = "pgn"; };
struct SubscriberDelivery { static constexpr std::string_view prefix = "sbd"; };
}  // namespace id_tag

using StatusPageId = Id<id_tag::StatusPage>;
using SubscriberId = Id<id_tag::Subscriber>;
using PageNoticeId = Id<id_tag::PageNotice>;                  // something that subscribers are told
using SubscriberDeliveryId = Id<id_tag::SubscriberDelivery>;  // its way to one of them

}  // namespace sonde
