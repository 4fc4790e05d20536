#include "lib/db/lease.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::db {
namespace {

// Four groups, which never share a row: `kept` are ours and within the number, `surplus` ours and beyond it, `free` have expired, and
// the rest does not exist yet. Expired leases whose last holder's transaction still runs are locked by its fence; we do not wait for
// it here, lest our own leases expire meanwhile, and take them another time. The conditions of `held` are asked again by the server
// for the newest version of a row that somebody else changed just now.
constexpr Statement kHold{"lease_hold", R"sql(
with wanted as materialized (
    select name, min(ord) as ord from unnest($1::text[]) with ordinality as w(name, ord) group by name
), mine as materialized (
    select l.name, row_number() over (order by w.ord) as place
    from lease l join wanted w using (name) where l.owner = $2
), free as materialized (
    select l.name from lease l join wanted w using (name)
    where l.owner <> $2 and l.expires_at <= now()
    order by w.ord
    limit greatest($3 - (select count(*) from mine), 0)
    for update of l skip locked
), held as (
    update lease l
    set owner = $2, epoch = case when l.owner = $2 then l.epoch else l.epoch + 1 end, expires_at = now() + $4 * interval '1 ms'
    where l.name in (select name from mine where place <= $3 union all select name from free)
      and (l.owner = $2 or l.expires_at <= now())
    returning l.name, l.epoch
), surplus as (
    update lease l set owner = '', expires_at = '-infinity'
    where l.name in (select name from mine where place > $3) and l.owner = $2
), made as (
    insert into lease (name, owner, epoch, expires_at)
    select w.name, $2, 1, now() + $4 * interval '1 ms'
    from wanted w where not exists (select from lease l where l.name = w.name)
    order by w.ord
    limit greatest($3 - (select count(*) from mine) - (select count(*) from free), 0)
    on conflict do nothing
    returning name, epoch
)
select name, epoch from held union all select name, epoch from made order by name)sql"};

constexpr Statement kRelease{"lease_release",
                             "update lease set owner = '', expires_at = '-infinity' where name = any($1::text[]) and owner = $2"};

// `for share` keeps any other from taking the lease until our transaction is over; nothing less does.
constexpr Statement kFence{"lease_fence", R"sql(
select l.name from lease l join unnest($1::text[], $2::bigint[]) as f(name, epoch) on l.name = f.name and l.epoch = f.epoch
where l.owner = $3 order by l.name for share of l)sql"};

}  // namespace

Leases::Leases(Pool& pool, std::string owner, milliseconds duration) : pool_(pool), owner_(std::move(owner)), duration_(duration) {
    if (owner_.empty()) throw std::invalid_argument("a lease needs the name of its owner");
}

std::vector<Lease> Leases::hold(const std::vector<std::string>& names, std::size_t at_most) {
    std::vector<Lease> held;
    const auto rows = pool_.run(kHold, {names, owner_, static_cast<std::int64_t>(at_most), duration_.count()});
    for (const auto row : rows) held.push_back({std::string(row.text(0)), row.whole(1)});
    return held;
}

std::vector<Lease> Leases::keep(const std::vector<std::string>& names) {
    const auto asked = std::chrono::steady_clock::now();
    if (asked < keep_again_ && kept_.size() == names.size()) return kept_;
    keep_again_ = {};  // whatever comes of it, if it fails it is asked again
    kept_ = hold(names, names.size());
    keep_again_ = asked + duration_ / 4;
    return kept_;
}

void Leases::release(const std::vector<std::string>& names) {
    keep_again_ = {};
    if (names.empty()) return;
    pool_.transact([&](Tx& tx) { tx.run(kRelease, {names, owner_}); });
}

void Leases::fence(Tx& tx, const std::vector<Lease>& leases) const {
    std::vector<std::string> names;
    std::vector<std::int64_t> epochs;
    for (const auto& lease : leases) {
        names.push_back(lease.name);
        epochs.push_back(lease.epoch);
    }
    const auto rows = tx.run(kFence, {names, epochs, owner_});
    if (static_cast<std::size_t>(rows.size()) == leases.size()) return;
    keep_again_ = {};
    for (const auto row : rows) std::erase(names, row.text(0));
    throw Fenced(fmt::format("{} lost the lease {}", owner_, names.empty() ? "" : names.front()));
}

}  // namespace sonde::db
