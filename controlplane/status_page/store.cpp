#include "controlplane/status_page/store.h"

#include <fmt/format.h>

namespace sonde::status_page::store {
namespace {

constexpr db::Statement kCount{"status_page_count", "select count(*) from status_page"};
constexpr db::Statement kInsert{"status_page_insert", R"sql(
insert into status_page (id, slug, host, title, description, language, time_zone, logo, favicon, accent, css, home_url, support_url, indexed, shows_uptime, shows_history,
                         access, password_hash, token_digest, generation, days, accounting, groups, monitors, sites,
                         mail_channel_id, webhook_subscribers)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27))sql"};
constexpr db::Statement kUpdate{"status_page_update", R"sql(
update status_page set slug = $2, host = $3, title = $4, description = $5, language = $6, time_zone = $7, logo = $8, favicon = $9, accent = $10, css = $11, home_url = $12,
       support_url = $13, indexed = $14, shows_uptime = $15, shows_history = $16, access = $17, password_hash = $18, token_digest = $19, generation = $20, days = $21,
       accounting = $22, groups = $23, monitors = $24, sites = $25, mail_channel_id = $26, webhook_subscribers = $27, version = version + 1, updated_at = now()
where id = $1)sql"};
constexpr db::Statement kRemove{"status_page_remove", "delete from status_page where id = $1"};

// Our own documents.
Json stored(std::string_view text) {
    auto document = json::parse(text, {.bytes = 16 << 20, .depth = 16});
    return document ? std::move(*document) : Json::object();
}

std::optional<StoredPage> one(db::Tx& tx, StatusPageId id, std::string_view suffix) {
    const auto rows = tx.run_text(fmt::format("select {} from status_page p where p.id = $1{}", kColumns, suffix), {id});
    if (rows.empty()) return std::nullopt;
    return read(rows[0]);
}

void write(db::Tx& tx, const db::Statement& statement, const StoredPage& page) {
    const auto& draft = page.draft;
    const auto& look = draft.look;
    const auto& guard = page.guard;
    tx.run(statement, {page.id, draft.slug, draft.host.empty() ? std::nullopt : std::optional(draft.host), look.title, look.description, look.language, look.time_zone, look.logo,
                       look.favicon, look.accent, look.css, look.home_url, look.support_url, look.indexed, look.shows_uptime, look.shows_history, name_of(draft.access),
                       guard.password_hash.empty() ? std::nullopt : std::optional(guard.password_hash),
                       guard.token_digest.empty() ? db::Param(std::nullopt) : db::Param::bytes(guard.token_digest), guard.generation, draft.days,
                       json::dump(write_accounting(draft.accounting)), json::dump(write_groups(draft.groups)), draft.monitors(), draft.sites(), draft.mail_channel, draft.webhook_subscribers});
}

}  // namespace

const std::string_view kColumns = R"(
    p.id, p.slug, p.host, p.title, p.description, p.language, p.time_zone, p.logo, p.favicon, p.accent, p.css, p.home_url, p.support_url, p.indexed, p.shows_uptime,
    p.shows_history, p.access, p.password_hash, p.token_digest, p.generation, p.days, p.accounting::text, p.groups::text, p.version, p.created_at, p.updated_at,
    p.mail_channel_id, p.webhook_subscribers)";

const std::string_view kSlimColumns = R"(
    p.id, p.slug, p.host, p.title, p.description, p.language, p.time_zone, '', '', p.accent, '', p.home_url, p.support_url, p.indexed, p.shows_uptime,
    p.shows_history, p.access, p.password_hash, p.token_digest, p.generation, p.days, '{}', '[]', p.version, p.created_at, p.updated_at,
    p.mail_channel_id, p.webhook_subscribers)";

StoredPage read(const db::Row& row) {
    StoredPage page;
    page.id = row.id<StatusPageId>(0);
    auto& draft = page.draft;
    draft.slug = row.text(1);
    if (!row.is_null(2)) draft.host = row.text(2);
    draft.look = {.title = std::string(row.text(3)),
                  .description = std::string(row.text(4)),
                  .language = std::string(row.text(5)),
                  .time_zone = std::string(row.text(6)),
                  .logo = std::string(row.text(7)),
                  .favicon = std::string(row.text(8)),
                  .accent = std::string(row.text(9)),
                  .css = std::string(row.text(10)),
                  .home_url = std::string(row.text(11)),
                  .support_url = std::string(row.text(12)),
                  .indexed = row.boolean(13),
                  .shows_uptime = row.boolean(14),
                  .shows_history = row.boolean(15)};
    // What is not understood is not shown to everybody: a token that nobody has.
    draft.access = from_name<Access>(row.text(16)).value_or(Access::token);
    page.guard.access = draft.access;
    if (!row.is_null(17)) page.guard.password_hash = row.text(17);
    if (!row.is_null(18)) page.guard.token_digest = row.bytes(18);
    page.guard.generation = row.small(19);
    draft.days = row.small(20);
    draft.accounting = read_accounting(stored(row.text(21)));
    draft.groups = read_groups(stored(row.text(22)));
    page.version = row.small(23);
    page.created_at = row.time(24);
    page.updated_at = row.time(25);
    if (!row.is_null(26)) draft.mail_channel = row.id<ChannelId>(26);
    draft.webhook_subscribers = row.boolean(27);
    return page;
}

std::optional<StoredPage> find(db::Tx& tx, StatusPageId id) { return one(tx, id, ""); }
std::optional<StoredPage> lock(db::Tx& tx, StatusPageId id) { return one(tx, id, " for no key update of p"); }
int count(db::Tx& tx) { return static_cast<int>(tx.run(kCount)[0].whole(0)); }
void insert(db::Tx& tx, const StoredPage& page) { write(tx, kInsert, page); }
void update(db::Tx& tx, const StoredPage& page) { write(tx, kUpdate, page); }
void remove(db::Tx& tx, StatusPageId id) { tx.run(kRemove, {id}); }

}  // namespace sonde::status_page::store
