#include "controlplane/api/notify/channel.h"

#include <array>

#include "controlplane/api/endpoint/audit.h"
#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/notify/channel_store.h"
#include "controlplane/api/notify/delivery.h"
#include "lib/channel/fields.h"

namespace sonde::controlplane::channel_api {
namespace {

// All that an item of the list may have.
constexpr std::array<std::string_view, 16> kMembers{"id", "kind", "name", "config", "events", "enabled", "digest", "rate", "quiet_hours", "templates", "fallback_channel_id",
                                                    "breaker", "secrets_set", "version", "created_at", "updated_at"};

Json present(const Channel::Health& health) {
    const auto instant = [](const std::optional<TimePoint>& at) { return at ? Json(to_rfc3339(*at)) : Json(nullptr); };
    return {{"state", health.open_since ? "open" : "closed"}, {"since", instant(health.open_since)}, {"failures", health.failures},
            {"next_attempt_at", instant(health.probe_at)}, {"last_error", health.last_error ? Json(*health.last_error) : Json(nullptr)},
            {"last_error_at", instant(health.last_error_at)}};
}

// The channel that stands in for another must be there, and be another.
void check_fallback(db::Tx& tx, ChannelId id, const ChannelDraft& draft, json::Problems& problems) {
    if (!draft.fallback) return;
    if (*draft.fallback == id) {
        problems.push_back({"/fallback_channel_id", "must be another channel"});
    } else if (!channel_store::exists(tx, *draft.fallback)) {
        problems.push_back({"/fallback_channel_id", "there is no such channel"});
    }
    refuse_if_any(problems);
}

Json present(const Channel& channel) {
    Json document;
    document["id"] = channel.id.text();
    json::add(document, write_channel(channel.draft));
    document["breaker"] = present(channel.health);
    document["secrets_set"] = channel.secret_names;
    document["version"] = channel.version;
    document["created_at"] = to_rfc3339(channel.created_at);
    document["updated_at"] = to_rfc3339(channel.updated_at);
    return document;
}

Channel require(std::optional<Channel> channel) {
    if (!channel) not_found("there is no such channel");
    return std::move(*channel);
}

channel_store::Sealed seal(const Backend& backend, ChannelId id, const ChannelSecrets& secrets) {
    return {backend.secrets.seal(Secret(json::dump(secrets.all)), channel_store::secret_context(id)), secrets.names()};
}

Json open_secrets(const Backend& backend, db::Tx& tx, ChannelId id) {
    const auto opened = backend.secrets.open(channel_store::sealed_secrets(tx, id), channel_store::secret_context(id));
    if (!opened) throw db::DbError(db::Failure::broken, "the secrets of a channel do not open: " + opened.error().message);
    const auto secrets = json::parse(opened->reveal());
    return secrets ? *secrets : Json::object();
}

// The answer that shows a secret we made: the only one that ever does.
http::Response reveal(http::Response response, Json document, const Json& made) {
    document["secrets"] = made;
    response.body = json::dump(document);
    return std::move(response).with("Cache-Control", "no-store");
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto sorting = query.sorting(kChannelOrder);
    const auto page = query.page("channels", sorting);
    const auto fields = query.fields(kMembers);
    const ChannelFilter filter{query.search()};
    query.finish();
    const auto channels = call.transact(backend, [&](db::Tx& tx) { return channel_store::list(tx, filter, sorting, page); });
    std::vector<Json> items;
    for (const auto& channel : channels.items) items.push_back(fields.of(present(channel)));
    return page_response(call.request, page, std::move(items), [&channels](std::size_t i) { return channels.keys[i]; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto input = read_channel(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto id = new_id<ChannelId>();
    const auto secrets = merge_secrets(input.draft.kind, Json::object(), input.secrets, problems);
    channel::check_together(*channel::find(input.draft.kind), input.draft.config, secrets.names(), problems);
    refuse_if_any(problems);
    const auto channel = call.transact(backend, [&](db::Tx& tx) {
        check_fallback(tx, id, input.draft, problems);
        channel_store::insert(tx, id, input.draft, seal(backend, id, secrets));
        return require(channel_store::find(tx, id));
    });
    const auto document = present(channel);
    auto response = resource_response(call.request, document, channel.version, 201).with("Location", "/v1/channels/" + id.text());
    return secrets.made.empty() ? response : reveal(std::move(response), document, secrets.made);
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<ChannelId>(call, "channel_id");
    const auto channel = require(call.transact(backend, [&](db::Tx& tx) { return channel_store::find(tx, id); }));
    return resource_response(call.request, present(channel), channel.version);
}

// The secrets are no part of the document that is patched: they are taken from the patch alone, and a null asks for new ones.
http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<ChannelId>(call, "channel_id");
    const auto body = read_body(call);
    Json made;
    const auto channel = call.transact(backend, [&](db::Tx& tx) {
        made = Json::object();
        auto before = require(channel_store::lock(tx, id));
        check_if_match(call.request, before.version);
        auto document = patched(write_channel(before.draft), body, {"secrets"});
        if (document.is_object() && body.contains("secrets")) document["secrets"] = body["secrets"];
        json::Problems problems;
        if (document.is_object() && document.contains("kind") && document["kind"] != before.draft.kind) {
            problems.push_back({"/kind", "the kind of a channel cannot change: make another one"});
            refuse_if_any(problems);
        }
        const auto input = read_channel(document, "", problems);
        refuse_if_any(problems);
        check_fallback(tx, id, input.draft, problems);
        std::optional<channel_store::Sealed> sealed;
        auto names = before.secret_names;
        if (input.secrets.is_object() && !input.secrets.empty()) {
            const auto secrets = merge_secrets(input.draft.kind, open_secrets(backend, tx, id), input.secrets, problems);
            refuse_if_any(problems);
            made = secrets.made;
            sealed = seal(backend, id, secrets);
            names = secrets.names();
        }
        channel::check_together(*channel::find(input.draft.kind), input.draft.config, names, problems);
        refuse_if_any(problems);
        if (input.draft == before.draft && !sealed) return before;
        channel_store::update(tx, id, input.draft, sealed);
        return require(channel_store::find(tx, id));
    });
    const auto document = present(channel);
    auto response = resource_response(call.request, document, channel.version);
    return made.empty() ? response : reveal(std::move(response), document, made);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<ChannelId>(call, "channel_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, require(channel_store::lock(tx, id)).version);
        channel_store::remove(tx, id);
    });
    return http::Response::empty();
}

http::Response deliveries(Backend& backend, const Call& call) {
    const auto id = path_id<ChannelId>(call, "channel_id");
    Query query(call.request);
    const auto page = query.page("channel_deliveries", 1);
    query.finish();
    return call.transact(backend, [&](db::Tx& tx) {
        if (!channel_store::exists(tx, id)) not_found("there is no such channel");
        return list_deliveries(tx, call.request, page, "d.channel_id = ?", id.value());
    });
}

http::Response test(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<ChannelId>(call, "channel_id");
    const auto planned = call.transact(backend, [&](db::Tx& tx) {
        const auto channel = require(channel_store::lock(tx, id));
        if (!channel.draft.enabled) throw http::ProblemError{http::problem::conflict, "the channel is disabled: nothing is sent to it", {}};
        const auto test = channel_store::plan_test(tx, id, call.actor.name);
        audit::record(tx, call.actor, {"channel.test", "channel:" + std::to_string(id.value()), call.address, {}, {{"delivery_id", test.delivery.text()}}});
        return test;
    });
    return http::Response::json({{"event_id", planned.event.text()}, {"delivery_id", planned.delivery.text()}}, 202);
}

http::Response kinds(Backend&, const Call& call) {
    Query(call.request).finish();
    Json items = Json::array();
    for (const auto& declaration : channel::declarations()) items.push_back(channel::describe(declaration));
    return http::Response::json({{"items", std::move(items)}});
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/channels", Permission::channels_read, list},
        {Method::post, "/v1/channels", Permission::channels_write, create},
        {Method::get, "/v1/channels/{channel_id}", Permission::channels_read, read},
        {Method::patch, "/v1/channels/{channel_id}", Permission::channels_write, edit},
        {Method::del, "/v1/channels/{channel_id}", Permission::channels_write, remove},
        {Method::post, "/v1/channels/{channel_id}/test", Permission::channels_write, test},
        {Method::get, "/v1/channel-kinds", Permission::channels_read, kinds},
        {Method::get, "/v1/channels/{channel_id}/deliveries", Permission::channels_read, deliveries},
    };
}

}  // namespace sonde::controlplane::channel_api
