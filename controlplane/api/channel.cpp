#include "controlplane/api/channel.h"

#include "controlplane/api/body.h"
#include "controlplane/api/channel_store.h"
#include "controlplane/api/delivery.h"
#include "controlplane/api/precondition.h"
#include "controlplane/api/query.h"

namespace sonde::controlplane {
namespace {

Json present(const Channel& channel) {
    Json document;
    document["id"] = channel.id.text();
    document.update(write_channel(channel.draft));
    document["secrets_set"] = Json::array({"signing_key"});
    document["version"] = channel.version;
    document["created_at"] = to_rfc3339(channel.created_at);
    document["updated_at"] = to_rfc3339(channel.updated_at);
    return document;
}

Channel require(std::optional<Channel> channel) {
    if (!channel) not_found("there is no such channel");
    return std::move(*channel);
}

std::string seal(const Backend& backend, ChannelId id, const Secret& signing_key) {
    const Json secrets{{"signing_key", signing_key.reveal()}};
    return backend.secrets.seal(Secret(json::dump(secrets)), channel_store::secret_context(id));
}

// The answer that shows a secret we made: the only one that ever does.
http::Response reveal(http::Response response, Json document, const Secret& signing_key) {
    document["secrets"] = {{"signing_key", signing_key.reveal()}};
    response.body = json::dump(document);
    return std::move(response).with("Cache-Control", "no-store");
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("channels", 1);
    query.finish();
    const auto channels = call.transact(backend, [&](db::Tx& tx) { return channel_store::list(tx, page); });
    std::vector<Json> items;
    for (const auto& channel : channels) items.push_back(present(channel));
    return page_response(call.request, page, std::move(items),
                         [&channels](std::size_t i) { return std::vector<Cursor::Value>{channels[i].id.value()}; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto input = read_channel(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto id = new_id<ChannelId>();
    const bool made = !input.secrets.signing_key;
    const auto signing_key = made ? new_signing_key() : *input.secrets.signing_key;
    const auto channel = call.transact(backend, [&](db::Tx& tx) {
        channel_store::insert(tx, id, input.draft, seal(backend, id, signing_key));
        return require(channel_store::find(tx, id));
    });
    const auto document = present(channel);
    auto response = resource_response(call.request, document, channel.version, 201).with("Location", "/v1/channels/" + id.text());
    return made ? reveal(std::move(response), document, signing_key) : response;
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
    std::optional<Secret> made;
    const auto channel = call.transact(backend, [&](db::Tx& tx) {
        made.reset();
        auto before = require(channel_store::lock(tx, id));
        check_if_match(call.request, before.version);
        auto document = patched(write_channel(before.draft), body);
        if (document.is_object() && body.contains("secrets")) document["secrets"] = body["secrets"];
        json::Problems problems;
        const auto input = read_channel(document, "", problems);
        refuse_if_any(problems);
        std::optional<std::string> sealed;
        if (input.secrets.given && body["secrets"].contains("signing_key")) {
            if (!input.secrets.signing_key) made = new_signing_key();
            sealed = seal(backend, id, made ? *made : *input.secrets.signing_key);
        }
        if (input.draft == before.draft && !sealed) return before;
        channel_store::update(tx, id, input.draft, sealed);
        return require(channel_store::find(tx, id));
    });
    const auto document = present(channel);
    auto response = resource_response(call.request, document, channel.version);
    return made ? reveal(std::move(response), document, *made) : response;
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

}  // namespace

Endpoints channel_endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/channels", Role::viewer, list},
        {Method::post, "/v1/channels", Role::admin, create},
        {Method::get, "/v1/channels/{channel_id}", Role::viewer, read},
        {Method::patch, "/v1/channels/{channel_id}", Role::admin, edit},
        {Method::del, "/v1/channels/{channel_id}", Role::admin, remove},
        {Method::get, "/v1/channels/{channel_id}/deliveries", Role::viewer, deliveries},
    };
}

}  // namespace sonde::controlplane
