#include "notifier/channel/compose.h"

#include <fmt/format.h>

#include "lib/channel/ack_link.h"
#include "notifier/channel/declared.h"
#include "notifier/channel/email.h"
#include "notifier/channel/hidden.h"
#include "notifier/channel/webhook.h"
#include "notifier/core/words.h"

namespace sonde::notifier {

namespace {

// Only what is open and nobody's yet has something to acknowledge.
std::string ack_url(const Leased& leased, const crypto::SecretBox& box, TimePoint now, const Links& links) {
    if (links.base_url.empty() || links.acknowledge_for.count() == 0) return {};
    const auto event = json::parse(leased.document);
    if (!event || text_of(part_of(*event, "incident"), "state") != "open") return {};
    const auto incident = IncidentId::parse(text_of(part_of(*event, "incident"), "id"));
    if (!incident) return {};
    const channel::AckLink link{*incident, leased.channel, leased.delivery, leased.event_at + links.acknowledge_for};
    if (link.expires_at <= now) return {};
    return fmt::format("{}{}{}", links.base_url, channel::kAckPath, link.token(box));
}

}  // namespace

std::string secrets_context(ChannelId channel) { return "channel:" + channel.text(); }

Result<Composed> compose(const Leased& leased, const crypto::SecretBox& box, TimePoint now, const Links& links) {
    const auto* declaration = channel::find(leased.channel_kind);
    if (declaration == nullptr) return Error{fmt::format("this notifier knows no channels of kind {}", leased.channel_kind)};
    const auto config = json::parse(leased.channel_config);
    if (!config) return Error{"the channel's config " + config.error().message};
    const auto opened = box.open(leased.channel_secrets, secrets_context(leased.channel));
    if (!opened) return Error{"the channel's secrets cannot be opened: " + opened.error().message};
    const auto secrets = json::parse(opened->reveal());
    if (!secrets) return Error{"the channel's secrets are not a JSON document"};

    const Message message{leased.event, leased.document, now, leased.delivery, leased.remembered, links.base_url, ack_url(leased, box, now, links), leased.reached, leased.channel,
                          channel::Templates::stored(leased.channel_templates)};
    if (!declaration->requests.empty()) return declared::compose(*declaration, message, *config, *secrets);
    if (declaration->kind == email::kKind) return email::compose(*declaration, message, *config, *secrets);
    auto request = webhook::compose(message, *config, *secrets);
    if (!request) return request.error();
    return Composed{declaration, {Step{*std::move(request), {}, false}}, hidden_forms(*secrets)};
}

}  // namespace sonde::notifier
