#include "controlplane/api/notify/channel_draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/body.h"
#include "lib/channel/fields.h"

namespace sonde::controlplane {
namespace {

std::string kinds_there_are() {
    std::vector<std::string> names;
    for (const auto& one : channel::declarations()) names.push_back('"' + one.kind + '"');
    return fmt::format("must be one of {}", fmt::join(names, ", "));
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
    const bool named = in.text("kind", input.draft.kind);
    const auto* kind = named ? channel::find(input.draft.kind) : nullptr;
    if (named && kind == nullptr) in.refuse("kind", kinds_there_are());
    in.text("name", input.draft.name, {.min = 1});
    if (const auto* config = in.object("config"); config != nullptr && kind != nullptr) {
        channel::check_fields(*config, kind->config, in.pointer("config"), true, problems);
        input.draft.config = channel::canonical(*config, kind->config);
    }
    if (const auto* secrets = in.object("secrets"); secrets != nullptr && kind != nullptr) {
        channel::check_fields(*secrets, kind->secrets, in.pointer("secrets"), false, problems);
        input.secrets = *secrets;
    }
    read_events(in, input.draft.events, problems);
    in.boolean("enabled", input.draft.enabled);
    channel::read_flow(in, input.draft.flow, kind != nullptr && kind->rate ? &*kind->rate : nullptr, problems);
    input.draft.templates = channel::Templates::read(in, kWordedEvents, problems);
    if (kind != nullptr && !kind->has_words && !input.draft.templates.empty()) {
        in.refuse("templates", fmt::format("a channel of kind {} is sent the event's document, which has no words to change", kind->kind));
    }
    if (const auto* fallback = in.value("fallback_channel_id"); fallback != nullptr && !fallback->is_null()) {
        ChannelId id;
        if (in.id("fallback_channel_id", id)) input.draft.fallback = id;
    }
    refuse_read_only(in, {"id", "secrets_set", "breaker", "version", "created_at", "updated_at"});
    in.finish();
    return input;
}

Json write_channel(const ChannelDraft& draft) {
    Json document;
    document["kind"] = draft.kind;
    document["name"] = draft.name;
    document["config"] = draft.config;
    document["events"] = draft.events;
    document["enabled"] = draft.enabled;
    channel::write_flow(draft.flow, document);
    document["templates"] = draft.templates.document();
    document["fallback_channel_id"] = draft.fallback ? Json(draft.fallback->text()) : Json(nullptr);
    return document;
}

std::vector<std::string> ChannelSecrets::names() const {
    std::vector<std::string> names;
    for (const auto& [name, value] : all.items()) names.push_back(name);
    return names;
}

ChannelSecrets merge_secrets(std::string_view kind, const Json& before, const Json& given, json::Problems& problems) {
    ChannelSecrets secrets;
    const auto& fields = channel::find(kind)->secrets;
    auto merged = before.is_object() ? before : Json::object();
    if (given.is_object()) merged.update(given);
    secrets.all = channel::canonical(merged, fields);
    for (const auto& field : fields) {
        if (secrets.all.contains(field.name)) continue;
        if (field.type == channel::FieldType::signing_key && field.with.empty()) {
            secrets.all[field.name] = channel::new_signing_key().reveal();
            secrets.made[field.name] = secrets.all[field.name];
        } else if (field.required) {
            problems.push_back({"/secrets", fmt::format("the field \"{}\" is required", field.name)});
        }
    }
    return secrets;
}

}  // namespace sonde::controlplane
