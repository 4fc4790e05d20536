#include "controlplane/status_page/subscribe/store.h"

#include "lib/channel/fields.h"
#include "lib/channel/subscriber_link.h"
#include "lib/json/json.h"
#include "lib/log/log.h"

namespace sonde::status_page::subscribe::store {
namespace {

constexpr std::string_view kKeyContext = "subscriber_key";
constexpr std::size_t kKeyBytes = 32;

constexpr db::Statement kOffer{"subscriber_offer", R"sql(
select p.id, c.id is not null, p.webhook_subscribers from status_page p
left join channel c on c.id = p.mail_channel_id and c.kind = 'email' and c.enabled and c.deleted_at is null
where p.slug = $1)sql"};
constexpr db::Statement kAlone{"subscriber_alone", "select pg_advisory_xact_lock(hashtextextended('sonde subscribe ' || $1::text, 0))"};
constexpr db::Statement kKey{"subscriber_key", "select sealed from subscriber_key"};
constexpr db::Statement kMakeKey{"subscriber_make_key", "insert into subscriber_key (sealed) values ($1) on conflict do nothing"};
constexpr db::Statement kKnown{"subscriber_known", R"sql(
select id, state, last_asked_at <= now() - $4 * interval '1 minute' and (asked < $5 or asked_since <= now() - interval '1 day')
from subscriber where page_id = $1 and kind = $2 and digest = $3)sql"};
constexpr db::Statement kCounts{"subscriber_counts", "select count(*), count(*) filter (where state = 'pending') from subscriber where page_id = $1"};
constexpr db::Statement kInsert{"subscriber_insert", R"sql(
insert into subscriber (id, page_id, kind, sealed, digest, components, language) values ($1, $2, $3, $4, $5, $6, $7))sql"};
constexpr db::Statement kAgain{"subscriber_again", R"sql(
update subscriber set components = case when state = 'pending' then $2::text[] else components end, language = $3, last_asked_at = now(),
       asked = case when asked_since <= now() - interval '1 day' then 1 else asked + 1 end,
       asked_since = case when asked_since <= now() - interval '1 day' then now() else asked_since end
where id = $1)sql"};
// One question at a time: what waits is about what he wishes now.
constexpr db::Statement kQuestion{"subscriber_question", R"sql(
insert into subscriber_delivery (subscriber_id, kind)
select $1, $2 where not exists (select from subscriber_delivery where subscriber_id = $1 and notice_id is null and state in ('planned', 'sending')))sql"};
constexpr db::Statement kTell{"subscriber_tell", "select pg_notify('sonde_page_notice', '')"};
constexpr db::Statement kConfirm{"subscriber_confirm", "update subscriber set state = 'confirmed', confirmed_at = now() where id = $1 and state = 'pending'"};
constexpr db::Statement kChoose{"subscriber_choose", "update subscriber set components = $2 where id = $1"};
constexpr db::Statement kErase{"subscriber_erase", "delete from subscriber where id = $1"};
constexpr db::Statement kAudit{"subscriber_audit", R"sql(
insert into audit (actor, actor_id, action, object, address, before)
values (current_setting('sonde.actor'), nullif(current_setting('sonde.actor_id', true), ''), 'subscriber.delete', 'subscriber:' || $1::text, nullif(current_setting('sonde.address', true), ''),
        jsonb_build_object('page_id', $2::bigint, 'kind', $3::text, 'address', $4::text)))sql"};

constexpr db::Statement kFind{"subscriber_find", R"sql(
select id, page_id, kind, sealed, components, language, state = 'confirmed', created_at, confirmed_at from subscriber where page_id = $1 and id = $2)sql"};
constexpr db::Statement kList{"subscriber_list", R"sql(
select id, page_id, kind, sealed, components, language, state = 'confirmed', created_at, confirmed_at from subscriber where page_id = $1 and id > $2 order by id limit $3)sql"};

std::string key(db::Tx& tx, const crypto::SecretBox& box) {
    auto rows = tx.run(kKey);
    if (rows.empty()) {
        tx.run(kMakeKey, {db::Param::bytes(box.seal(Secret(crypto::random_bytes(kKeyBytes)), kKeyContext))});
        rows = tx.run(kKey);
    }
    const auto opened = box.open(rows[0].bytes(0), kKeyContext);
    if (!opened) throw db::DbError(db::Failure::broken, "the key of subscribers cannot be opened: " + opened.error().message);
    return opened->reveal();
}

// A webhook is signed with a key of its own.
Secret sealable(const Wish& wish) {
    Json document{{"address", wish.address}};
    if (wish.kind == Kind::webhook) document["signing_key"] = channel::new_signing_key().reveal();
    return Secret(json::dump(document));
}

std::string address_in(const crypto::SecretBox& box, SubscriberId id, const std::string& sealed) {
    const auto opened = box.open(sealed, channel::subscriber_context(id));
    const auto document = opened ? json::parse(opened->reveal()) : Result<Json>(Error{opened.error().message});
    if (!document || !document->is_object() || !document->contains("address")) return {};
    return (*document)["address"].get<std::string>();
}

Subscriber read(const crypto::SecretBox& box, const db::Row& row) {
    Subscriber one;
    one.id = row.id<SubscriberId>(0);
    one.page = row.id<StatusPageId>(1);
    one.kind = from_name<Kind>(row.text(2)).value_or(Kind::email);
    one.address = address_in(box, one.id, row.bytes(3));
    one.components = row.texts(4);
    one.language = row.text(5);
    one.confirmed = row.boolean(6);
    one.created_at = row.time(7);
    one.confirmed_at = row.maybe(8, &db::Row::time);
    return one;
}

// Nothing if he may not be asked now.
std::optional<SubscriberId> to_be_asked(db::Tx& tx, const crypto::SecretBox& box, StatusPageId page, const Wish& wish) {
    const auto digest = crypto::hmac_sha256(key(tx, box), wish.address);
    const auto known = tx.run(kKnown, {page, name_of(wish.kind), db::Param::bytes(digest), static_cast<int>(kBetweenQuestions.count()), kMostQuestions});
    if (!known.empty()) {
        const bool confirmed = known[0].text(1) == "confirmed";
        if (!known[0].boolean(2) || (confirmed && wish.kind == Kind::webhook)) return std::nullopt;  // a receiver has his links in all he is sent
        const auto id = known[0].id<SubscriberId>(0);
        tx.run(kAgain, {id, wish.components, wish.language});
        return id;
    }
    const auto counts = tx.run(kCounts, {page});
    if (counts[0].whole(0) >= kMostSubscribers || counts[0].whole(1) >= kMostPending) {
        log::warning("subscribers_full", "page", page.text(), "subscribers", counts[0].whole(0), "pending", counts[0].whole(1));
        return std::nullopt;
    }
    const auto id = new_id<SubscriberId>();
    tx.run(kInsert, {id, page, name_of(wish.kind), db::Param::bytes(box.seal(sealable(wish), channel::subscriber_context(id))), db::Param::bytes(digest), wish.components, wish.language});
    return id;
}

}  // namespace

std::optional<Offer> offer(db::Tx& tx, std::string_view slug) {
    const auto rows = tx.run(kOffer, {slug});
    if (rows.empty()) return std::nullopt;
    return Offer{rows[0].id<StatusPageId>(0), rows[0].boolean(1), rows[0].boolean(2)};
}

void ask(db::Tx& tx, const crypto::SecretBox& box, StatusPageId page, const Wish& wish) {
    tx.run(kAlone, {page});
    const auto id = to_be_asked(tx, box, page, wish);
    if (!id) return;
    tx.run(kQuestion, {*id, name_of(wish.kind)});
    tx.run(kTell);
}

std::optional<Subscriber> find(db::Tx& tx, const crypto::SecretBox& box, StatusPageId page, SubscriberId id) {
    const auto rows = tx.run(kFind, {page, id});
    if (rows.empty()) return std::nullopt;
    return read(box, rows[0]);
}

void confirm(db::Tx& tx, SubscriberId id) { tx.run(kConfirm, {id}); }
void choose(db::Tx& tx, SubscriberId id, const std::vector<std::string>& components) { tx.run(kChoose, {id, components}); }
void erase(db::Tx& tx, SubscriberId id) { tx.run(kErase, {id}); }

void erase_audited(db::Tx& tx, const Subscriber& subscriber) {
    tx.run(kErase, {subscriber.id});
    tx.run(kAudit, {std::to_string(subscriber.id.value()), subscriber.page, name_of(subscriber.kind), masked(subscriber.kind, subscriber.address)});
}

std::vector<Subscriber> list(db::Tx& tx, const crypto::SecretBox& box, StatusPageId page, SubscriberId after, int at_most) {
    std::vector<Subscriber> all;
    for (const auto row : tx.run(kList, {page, after, at_most})) all.push_back(read(box, row));
    return all;
}

}  // namespace sonde::status_page::subscribe::store
