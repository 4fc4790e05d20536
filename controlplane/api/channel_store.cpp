#include "controlplane/api/channel_store.h"

#include <fmt/format.h>

#include "controlplane/api/conditions.h"

namespace sonde::controlplane::channel_store {
namespace {

// In the order of `read`. The secrets are never selected here.
const std::string kSelect = "select id, name, config ->> 'url', events, enabled, version, created_at, updated_at from channel ";
const std::string kFindSql = kSelect + "where id = $1 and deleted_at is null";
const std::string kLockSql = kFindSql + " for no key update";
const db::Statement kFind{"channel_find", kFindSql};
const db::Statement kLock{"channel_lock", kLockSql};
constexpr db::Statement kExists{"channel_exists", "select 1 from channel where id = $1 and deleted_at is null"};
constexpr db::Statement kInsert{"channel_insert", R"(
    insert into channel (id, kind, name, config, secrets, events, enabled) values ($1, 'webhook', $2, $3, $4, $5, $6))"};
constexpr db::Statement kUpdate{"channel_update", R"(
    update channel set name = $2, config = $3, secrets = coalesce($4, secrets), events = $5, enabled = $6, version = version + 1,
           updated_at = now() where id = $1)"};
constexpr db::Statement kRemove{"channel_remove", R"(
    update channel set deleted_at = now(), enabled = false, version = version + 1, updated_at = now() where id = $1)"};

Channel read(const db::Row& row) {
    Channel channel;
    channel.id = row.id<ChannelId>(0);
    channel.draft = {std::string(row.text(1)), std::string(row.text(2)), row.texts(3), row.boolean(4)};
    channel.version = row.small(5);
    channel.created_at = row.time(6);
    channel.updated_at = row.time(7);
    return channel;
}

std::optional<Channel> first(const db::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    return read(rows[0]);
}

std::string config_text(const ChannelDraft& draft) { return json::dump(write_channel(draft)["config"]); }

}  // namespace

std::optional<Channel> find(db::Tx& tx, ChannelId id) { return first(tx.run(kFind, {id})); }

std::optional<Channel> lock(db::Tx& tx, ChannelId id) { return first(tx.run(kLock, {id})); }

bool exists(db::Tx& tx, ChannelId id) { return !tx.run(kExists, {id}).empty(); }

std::vector<Channel> list(db::Tx& tx, const Page& page) {
    Conditions conditions;
    conditions.add("deleted_at is null");
    if (page.after) conditions.add("id > ?", {page.after->whole(0)});
    const auto limit = conditions.bind(page.fetch());
    std::vector<Channel> channels;
    for (const auto row :
         tx.run_text(fmt::format("{}{} order by id limit {}", kSelect, conditions.where(), limit), conditions.params())) {
        channels.push_back(read(row));
    }
    return channels;
}

void insert(db::Tx& tx, ChannelId id, const ChannelDraft& draft, const std::string& sealed) {
    tx.run(kInsert, {id, draft.name, config_text(draft), db::Param::bytes(sealed), draft.events, draft.enabled});
}

void update(db::Tx& tx, ChannelId id, const ChannelDraft& draft, const std::optional<std::string>& sealed) {
    const auto secrets = sealed ? db::Param::bytes(*sealed) : db::Param(std::nullopt);
    tx.run(kUpdate, {id, draft.name, config_text(draft), secrets, draft.events, draft.enabled});
}

void remove(db::Tx& tx, ChannelId id) { tx.run(kRemove, {id}); }

std::string secret_context(ChannelId id) { return "channel:" + id.text(); }

}  // namespace sonde::controlplane::channel_store
