#include "controlplane/api/notify/channel_store.h"

#include <fmt/format.h>

#include "lib/channel/fields.h"

namespace sonde::controlplane::channel_store {
namespace {

// In the order of `read`. The secrets are never selected here.
constexpr std::string_view kColumns = R"(id, kind, name, config::text, events, enabled, secret_names, version, created_at, updated_at, flow::text,
    fallback_channel_id, failures, open_since, probe_at, last_error, last_error_at, templates::text)";
constexpr int kColumnCount = 18;
constexpr std::string_view kFrom = "from channel join channel_health h on h.channel_id = channel.id";
const std::string kFindSql = fmt::format("select {} {} ", kColumns, kFrom) + "where id = $1 and deleted_at is null";
const std::string kLockSql = kFindSql + " for no key update of channel";
const db::Statement kFind{"channel_find", kFindSql};
const db::Statement kLock{"channel_lock", kLockSql};
constexpr db::Statement kExists{"channel_exists", "select 1 from channel where id = $1 and deleted_at is null"};
constexpr db::Statement kInsert{"channel_insert", R"(
    insert into channel (id, kind, name, config, secrets, secret_names, events, enabled, flow, fallback_channel_id, templates)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11::jsonb))"};
constexpr db::Statement kUpdate{"channel_update", R"(
    update channel set name = $2, config = $3, secrets = coalesce($4, secrets), secret_names = coalesce($5, secret_names), events = $6,
           enabled = $7, flow = $8::jsonb, fallback_channel_id = $9, templates = $10::jsonb, version = version + 1, updated_at = now() where id = $1)"};
constexpr db::Statement kRemove{"channel_remove", R"(
    update channel set deleted_at = now(), enabled = false, version = version + 1, updated_at = now() where id = $1)"};

// What was wrong may be put right, and what was held back be told now.
constexpr db::Statement kTryAgain{"channel_try_again", R"(
    update channel_health set failures = 0, open_since = null, probe_at = null, cool_off_ms = 0 where channel_id = $1 and failures > 0)"};
constexpr db::Statement kLookAgain{"channel_look_again", R"(
    update delivery set next_at = now(), reason = '' where channel_id = $1 and state = 'planned' and reason = 'quiet_hours')"};

constexpr db::Statement kSealed{"channel_sealed", "select secrets from channel where id = $1"};
// It is planned already: nobody else asks for it.
constexpr db::Statement kTestEvent{"channel_test_event", "insert into outbox (id, at, kind, payload) values ($1, $2, $3, $4::jsonb)"};
constexpr db::Statement kTestDelivery{"channel_test_delivery", R"(
    insert into delivery (id, event_id, channel_id, event_kind, state, next_at) values ($1, $2, $3, $4, 'planned', now()))"};
constexpr db::Statement kTestNotify{"channel_test_notify", "select pg_notify('sonde_outbox', '')"};

Channel read(const db::Row& row) {
    Channel channel;
    channel.id = row.id<ChannelId>(0);
    const auto config = json::parse(row.text(3));
    if (!config) throw db::DbError(db::Failure::broken, "the config of a channel " + config.error().message);
    const auto* kind = channel::find(row.text(1));
    channel.draft = {std::string(row.text(1)), std::string(row.text(2)), kind == nullptr ? *config : channel::canonical(*config, kind->config),
                     row.texts(4), row.boolean(5), channel::stored_flow(row.text(10)), channel::Templates::stored(row.text(17)), {}};
    if (!row.is_null(11)) channel.draft.fallback = row.id<ChannelId>(11);
    channel.health = {row.small(12), row.maybe(13, &db::Row::time), row.maybe(14, &db::Row::time), {}, row.maybe(16, &db::Row::time)};
    if (!row.is_null(15)) channel.health.last_error = row.text(15);
    channel.secret_names = row.texts(6);
    channel.version = row.small(7);
    channel.created_at = row.time(8);
    channel.updated_at = row.time(9);
    return channel;
}

std::optional<Channel> first(const db::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    return read(rows[0]);
}

}  // namespace

std::optional<Channel> find(db::Tx& tx, ChannelId id) { return first(tx.run(kFind, {id})); }

std::optional<Channel> lock(db::Tx& tx, ChannelId id) { return first(tx.run(kLock, {id})); }

bool exists(db::Tx& tx, ChannelId id) { return !tx.run(kExists, {id}).empty(); }

Sorted<Channel> list(db::Tx& tx, const ChannelFilter& filter, const Sorting& sorting, const Page& page) {
    Conditions conditions;
    conditions.add("deleted_at is null");
    if (filter.search) filter.search->add_to(conditions, "searchable(name || ' ' || coalesce(config ->> 'url', ''))");
    return read_sorted(tx, {kColumns, kColumnCount, kFrom}, std::move(conditions), sorting, page, read);
}

void insert(db::Tx& tx, ChannelId id, const ChannelDraft& draft, const Sealed& sealed) {
    tx.run(kInsert, {id, draft.kind, draft.name, json::dump(draft.config), db::Param::bytes(sealed.secrets), sealed.names, draft.events, draft.enabled,
                     channel::flow_text(draft.flow), draft.fallback, json::dump(draft.templates.document())});
}

void update(db::Tx& tx, ChannelId id, const ChannelDraft& draft, const std::optional<Sealed>& sealed) {
    const auto secrets = sealed ? db::Param::bytes(sealed->secrets) : db::Param(std::nullopt);
    const auto names = sealed ? db::Param(sealed->names) : db::Param(std::nullopt);
    tx.run(kUpdate, {id, draft.name, json::dump(draft.config), secrets, names, draft.events, draft.enabled, channel::flow_text(draft.flow), draft.fallback, json::dump(draft.templates.document())});
    tx.run(kTryAgain, {id});
    tx.run(kLookAgain, {id});
}

void remove(db::Tx& tx, ChannelId id) { tx.run(kRemove, {id}); }

std::string secret_context(ChannelId id) { return "channel:" + id.text(); }

std::string sealed_secrets(db::Tx& tx, ChannelId id) { return tx.run(kSealed, {id})[0].bytes(0); }

Test plan_test(db::Tx& tx, ChannelId id, std::string_view actor) {
    const Test test{new_id<EventId>(), new_id<DeliveryId>()};
    const auto at = wall_now();
    constexpr std::string_view kind = "channel.test";
    Json document{{"v", 1}, {"id", test.event.text()}, {"kind", kind}, {"at", to_rfc3339(at)}, {"actor", actor}, {"reason", "by_request"}};
    tx.run(kTestEvent, {test.event, at, kind, json::dump(document)});
    tx.run(kTestDelivery, {test.delivery, test.event, id, kind});
    tx.run(kTestNotify);
    return test;
}

}  // namespace sonde::controlplane::channel_store
