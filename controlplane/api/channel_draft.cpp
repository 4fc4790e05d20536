#include "controlplane/api/channel_draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/body.h"
#include "lib/crypto/crypto.h"
#include "lib/net/url.h"

namespace sonde::controlplane {
namespace {

constexpr std::string_view kKeyPrefix = "whsec_";

void read_config(json::Reader& in, ChannelDraft& draft, json::Problems& problems) {
    const auto* document = in.object("config");
    if (document == nullptr) return;
    json::Reader config(*document, in.pointer("config"), problems);
    config.require({"url"});
    if (config.text("url", draft.url, {.min = 1, .max = 2048})) {
        const auto url = net::parse_url(draft.url);
        if (!url) {
            config.refuse("url", url.error().message);
        } else if (url->has_userinfo) {
            config.refuse("url", "must not contain credentials");
        } else if (url->has_fragment) {
            config.refuse("url", "must not have a fragment");
        }
    }
    config.finish();
}

void read_secrets(json::Reader& in, ChannelSecrets& secrets, json::Problems& problems) {
    const auto* document = in.object("secrets");
    if (document == nullptr) return;
    secrets.given = true;
    json::Reader fields(*document, in.pointer("secrets"), problems);
    if (const auto* key = fields.value("signing_key"); key != nullptr && !key->is_null()) {
        if (key->is_string() && is_signing_key(key->get_ref<const std::string&>())) {
            secrets.signing_key = Secret(key->get<std::string>());
        } else {
            fields.refuse("signing_key", "must be `whsec_` followed by 24 to 64 bytes in base64");
        }
    }
    fields.finish();
}

void read_events(json::Reader& in, std::vector<std::string>& events, json::Problems& problems) {
    if (!in.texts("events", events, kChannelEvents.size(), {.min = 1, .max = 64})) return;
    if (events.empty()) in.refuse("events", "must name at least one event; disable the channel instead");
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto at = fmt::format("{}/{}", in.pointer("events"), i);
        const auto end = events.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(kChannelEvents.begin(), kChannelEvents.end(), events[i]) == kChannelEvents.end()) {
            problems.push_back({at, fmt::format("must be one of {}", fmt::join(kChannelEvents, ", "))});
        } else if (std::find(events.begin(), end, events[i]) != end) {
            problems.push_back({at, fmt::format("\"{}\" is there twice", events[i])});
        }
    }
}

}  // namespace

ChannelInput read_channel(const Json& document, const std::string& pointer, json::Problems& problems) {
    ChannelInput input;
    json::Reader in(document, pointer, problems);
    in.require({"kind", "name", "config"});
    std::string kind;
    if (in.text("kind", kind) && kind != "webhook") in.refuse("kind", R"(must be one of "webhook")");
    in.text("name", input.draft.name, {.min = 1});
    read_config(in, input.draft, problems);
    read_secrets(in, input.secrets, problems);
    read_events(in, input.draft.events, problems);
    in.boolean("enabled", input.draft.enabled);
    refuse_read_only(in, {"id", "secrets_set", "version", "created_at", "updated_at"});
    in.finish();
    return input;
}

Json write_channel(const ChannelDraft& draft) {
    Json document;
    document["kind"] = "webhook";
    document["name"] = draft.name;
    document["config"] = {{"url", draft.url}};
    document["events"] = draft.events;
    document["enabled"] = draft.enabled;
    return document;
}

bool is_signing_key(std::string_view text) {
    if (!text.starts_with(kKeyPrefix)) return false;
    const auto bytes = crypto::from_base64(text.substr(kKeyPrefix.size()));
    return bytes && bytes->size() >= 24 && bytes->size() <= 64;
}

Secret new_signing_key() { return Secret(std::string(kKeyPrefix) + crypto::base64(crypto::random_bytes(32))); }

}  // namespace sonde::controlplane
