// The SQL of subscribers' ledger.
#pragma once

#include "lib/db/db.h"

// News `m` says all that `n`, of the same thread, said.
#define SONDE_SAYS_MORE(n, m) "(" n ".step, " m ".step) in (('opened', 'resolved'), ('scheduled', 'started'), ('scheduled', 'ended'), ('started', 'ended'), ('scheduled', 'cancelled'))"

// He of delivery `d` was told of the thread of `n` before. Nothing is called off to who was not.
#define SONDE_WAS_TOLD(d, n) \
    "exists (select from subscriber_delivery t join page_notice a on a.id = t.notice_id where t.subscriber_id = " d ".subscriber_id and t.id < " d ".id and a.thread = " n ".thread " \
    "and t.state = 'sent')"

// $1: lane; $2: at most; $3: deliveries under way; $4: channels whose server is left alone; $5: milliseconds after which nothing is attempted any more.
// What a later one of the same thread waits for is an earlier one that is still to be sent, not one that is old by it.
#define SONDE_DUE(is_question, more) \
    "select d.id, d.attempts, d.kind, d.subscriber_id, s.sealed, s.language, s.state = 'confirmed', s.last_asked_at, n.document::text, p.slug, coalesce(p.host, ''), p.title, p.time_zone, c.id, " \
    "c.config::text, c.secrets, " \
    "case when n.id is null then (s.state = 'confirmed' and d.kind = 'webhook') or s.last_asked_at <= now() - interval '1 day' " \
    "else exists (select from page_notice l where l.page_id = n.page_id and l.thread = n.thread and " SONDE_SAYS_MORE("n", "l") ") " \
    "or (n.step = 'cancelled' and not " SONDE_WAS_TOLD("d", "n") ") end, " \
    "d.created_at <= now() - $5::bigint * interval '1 millisecond', p.id " \
    "from subscriber_delivery d join subscriber s on s.id = d.subscriber_id join status_page p on p.id = s.page_id left join page_notice n on n.id = d.notice_id " \
    "left join channel c on d.kind = 'email' and c.id = p.mail_channel_id and c.kind = 'email' and c.enabled and c.deleted_at is null " \
    "where d.kind = $1 and d.next_at <= now() and d.state in ('planned', 'sending') and (d.state = 'planned' or d.lease_until <= now()) " \
    "and d.notice_id is " is_question "null " more " and d.id <> all($3::bigint[]) and (c.id is null or c.id <> all($4::bigint[])) " \
    "and not exists (select from subscriber_delivery b join page_notice m on m.id = b.notice_id " \
    "where b.subscriber_id = d.subscriber_id and b.id < d.id and b.state in ('planned', 'sending') and m.thread = n.thread " \
    "and (b.state = 'sending' or not " SONDE_SAYS_MORE("m", "n") ")) " \
    "order by d.next_at, d.id limit $2 for update of d skip locked"

namespace sonde::notifier::subscriber::statement {

// Whether there is anything to do at all: most rounds end with it.
inline constexpr db::Statement waiting{"subscriber_waiting", R"sql(
    select exists (select from page_notice where planned_at is null),
           exists (select from subscriber_delivery where kind = 'email' and next_at <= now() and state in ('planned', 'sending')),
           exists (select from subscriber_delivery where kind = 'webhook' and next_at <= now() and state in ('planned', 'sending')))sql"};

// Who was told of what is called off hears that it is, whatever he chose since. `for key share`: who unsubscribes meanwhile is not planned for, or waits until he is.
inline constexpr db::Statement plan{"subscriber_plan", R"sql(
    with notice as (
        select * from page_notice where planned_at is null order by id limit 1 for update skip locked
    ), told as (
        select s.id, n.id as notice_id, n.page_id, s.kind
        from notice n join subscriber s on s.page_id = n.page_id
        where s.state = 'confirmed'
          and case when n.step = 'cancelled' then exists (select from subscriber_delivery d join page_notice m on m.id = d.notice_id
                                                          where d.subscriber_id = s.id and m.page_id = n.page_id and m.thread = n.thread and d.state in ('planned', 'sending', 'sent'))
                   else s.confirmed_at <= n.at and (s.components = '{}' or s.components && n.components) end
        for key share of s
    ), made as (
        insert into subscriber_delivery (subscriber_id, notice_id, page_id, kind) select id, notice_id, page_id, kind from told on conflict do nothing returning 1
    ), done as (
        update page_notice p set planned_at = now() from notice n where p.id = n.id returning 1
    )
    select (select count(*) from done), (select count(*) from made))sql"};

inline constexpr db::Statement due_questions{"subscriber_due_questions", SONDE_DUE("", "")};
// Of each page that has any as many as are asked for; the first of each before the second of any, beginning after the page $6. Pages are found one after the other in the index.
inline constexpr db::Statement due_news{
    "subscriber_due_news",
    "with recursive page (id) as ("
    "(select page_id from subscriber_delivery where kind = $1 and page_id is not null and state in ('planned', 'sending') order by page_id limit 1) "
    "union all select (select d.page_id from subscriber_delivery d where d.kind = $1 and d.page_id > page.id and d.state in ('planned', 'sending') order by d.page_id limit 1) "
    "from page where page.id is not null) "
    "select due.* from page cross join lateral (select one.*, row_number() over () as turn from (" SONDE_DUE("not ", "and d.page_id = page.id") ") one) due "
    "where page.id is not null order by due.turn, page.id <= $6::bigint, page.id limit $2"};

inline constexpr db::Statement take{"subscriber_take", R"sql(
    update subscriber_delivery set state = 'sending', attempts = attempts + 1, lease_owner = $2, lease_until = now() + $3 * interval '1 millisecond',
           next_at = now() + $3 * interval '1 millisecond'
    where id = any($1::bigint[]))sql"};
inline constexpr db::Statement close{"subscriber_close", R"sql(
    update subscriber_delivery set state = $2, done_at = now(), lease_owner = null, lease_until = null where id = any($1::bigint[]))sql"};
inline constexpr db::Statement extend{"subscriber_extend", R"sql(
    update subscriber_delivery set lease_until = now() + $3 * interval '1 millisecond', next_at = now() + $3 * interval '1 millisecond'
    where id = any($1::bigint[]) and lease_owner = $2 and state = 'sending')sql"};

inline constexpr db::Statement hold{"subscriber_hold", R"sql(
    select created_at, now() from subscriber_delivery where id = $1 and attempts = $2 and lease_owner = $3 and state = 'sending' for update)sql"};
inline constexpr db::Statement settle{"subscriber_settle", R"sql(
    update subscriber_delivery set state = $2, next_at = $3, outcome = $4, error = nullif($5, ''), lease_owner = null, lease_until = null,
           done_at = case when $2 = 'planned' then null else now() end
    where id = $1)sql"};
inline constexpr db::Statement accepted{"subscriber_accepted", "update subscriber set refusals = 0 where id = $1 and refusals > 0"};
inline constexpr db::Statement proven{"subscriber_proven", "update subscriber set state = 'confirmed', confirmed_at = now(), refusals = 0 where id = $1 and state = 'pending'"};
inline constexpr db::Statement refused{"subscriber_refused", "update subscriber set refusals = refusals + 1 where id = $1 returning refusals"};
inline constexpr db::Statement erase{"subscriber_erase_refusing", "delete from subscriber where id = $1"};

inline constexpr db::Statement abandon{"subscriber_abandon", R"sql(
    update subscriber_delivery set state = 'planned', lease_owner = null, lease_until = null, next_at = now()
    where lease_owner = $1 and state = 'sending' and id <> all($2::bigint[]))sql"};

inline constexpr db::Statement forget_pending{"subscriber_forget_pending", R"sql(
    delete from subscriber where state = 'pending' and created_at <= now() - interval '2 days' and last_asked_at <= now() - interval '2 days')sql"};
inline constexpr db::Statement forget_notices{"subscriber_forget_notices", R"sql(
    delete from page_notice where id in (select id from page_notice where created_at <= now() - interval '90 days' order by created_at limit 100))sql"};
inline constexpr db::Statement forget_questions{"subscriber_forget_questions", R"sql(
    delete from subscriber_delivery where notice_id is null and done_at <= now() - interval '30 days')sql"};

inline constexpr db::Statement backlog{"subscriber_backlog", R"sql(
    select count(*), coalesce(extract(epoch from now() - min(next_at) filter (where next_at <= now())) * 1000, 0)::bigint, (select count(*) from subscriber where state = 'confirmed')
    from subscriber_delivery where state in ('planned', 'sending'))sql"};

}  // namespace sonde::notifier::subscriber::statement

#undef SONDE_DUE
#undef SONDE_WAS_TOLD
#undef SONDE_SAYS_MORE
