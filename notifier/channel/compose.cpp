#include "notifier/channel/compose.h"

#include <fmt/format.h>

namespace sonde::notifier {

std::string secrets_context(ChannelId channel) { return "channel:" + channel.text(); }

Result<Composed> compose(const Leased& leased, const crypto::SecretBox& box, TimePoint now) {
    const auto* kind = find_kind(leased.channel_kind);
    if (kind == nullptr) return Error{fmt::format("this notifier knows no channels of kind {}", leased.channel_kind)};
    const auto config = json::parse(leased.channel_config);
    if (!config) return Error{"the channel's config " + config.error().message};
    const auto opened = box.open(leased.channel_secrets, secrets_context(leased.channel));
    if (!opened) return Error{"the channel's secrets cannot be opened: " + opened.error().message};
    const auto secrets = json::parse(opened->reveal());
    if (!secrets) return Error{"the channel's secrets are not a JSON document"};

    auto request = kind->compose({leased.event, leased.document, now}, *config, *secrets);
    if (!request) return request.error();
    return Composed{std::move(*request), kind};
}

}  // namespace sonde::notifier
