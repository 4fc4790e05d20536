#include "incident-engine/sights.h"

#include <cstring>
#include <map>

#include "lib/crypto/crypto.h"

namespace sonde::engine {
namespace {

// Those that are there and were used today cost no write: after a restart that is nearly all of them.
constexpr db::Statement kPutSights{"sight_put", R"sql(
with today as (select (now() at time zone 'utc')::date as day),
new as (select hash, document, place from unnest($1::uuid[], $2::text[]) with ordinality as given (hash, document, place)),
there as (select s.id, s.hash, s.used_on from sight s join new using (hash)),
touched as (
    update sight set used_on = (select day from today)
    where id in (select id from sight where id in (select id from there where used_on < (select day from today)) order by hash for no key update)
    returning id, hash),
made as (
    insert into sight (hash, document, used_on)
    select hash, document, day from new, today where not exists (select from there where there.hash = new.hash) order by hash
    on conflict (hash) do update set used_on = excluded.used_on
    returning id, hash)
select new.place, put.id, put.is_new from (
    select id, hash, false as is_new from there where used_on >= (select day from today)
    union all select id, hash, false from touched
    union all select id, hash, true from made) put
join new using (hash))sql"};

}  // namespace

// A document that is not remembered, with the results that saw it.
struct Sights::Unknown {
    Hash hash{};
    std::string hex;
    const message::ProbeResult* result = nullptr;  // one of them
    std::vector<std::size_t> places;
};

std::vector<int> Sights::number(db::Tx& tx, std::span<const Seen> results, TimePoint now) {
    found_.clear();
    if (const auto day = std::chrono::floor<std::chrono::days>(now); day != day_) {
        day_ = day;
        known_.clear();
        new_of_.clear();
    }
    std::vector<int> numbers(results.size(), 0);
    std::vector<Unknown> unknown;
    std::map<Hash, std::size_t> asked;
    std::uint64_t left_out = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto& result = *results[i].result;
        const auto& document = result.detail;
        if (result.verdict != check::Verdict::up || results[i].region == decision::kPushRegion || document == "{}") continue;
        if (document.size() > bounds_.bytes) {
            ++left_out;
            continue;
        }
        // Targets choose what is in it: the hash is one in which nobody finds two that are alike.
        const auto digest = crypto::sha256(document);
        Hash hash{};
        std::memcpy(hash.data(), digest.data(), sizeof hash);
        if (const auto known = known_.find(hash); known != known_.end()) {
            numbers[i] = known->second;
            continue;
        }
        if (const auto new_of = new_of_.find(result.monitor); new_of != new_of_.end() && new_of->second >= bounds_.of_monitor) {
            ++left_out;
            continue;
        }
        const auto [place, is_first] = asked.try_emplace(hash, unknown.size());
        if (is_first) unknown.push_back({hash, crypto::hex(digest.substr(0, sizeof hash)), &result, {}});
        unknown[place->second].places.push_back(i);
    }
    if (left_out > 0) metrics_.sights_left_out.add(left_out);
    if (!unknown.empty()) look_up(tx, unknown, numbers);
    return numbers;
}

void Sights::look_up(db::Tx& tx, const std::vector<Unknown>& unknown, std::vector<int>& numbers) {
    std::vector<std::string> hashes, documents;
    for (const auto& item : unknown) {
        hashes.push_back(item.hex);
        documents.push_back(item.result->detail);
    }
    metrics_.sights_looked_up.add(unknown.size());
    // One that housekeeping removes at this moment is not among the rows: it is asked for again with the next result.
    for (const auto row : tx.run(kPutSights, {hashes, documents})) {
        const auto& item = unknown.at(static_cast<std::size_t>(row.whole(0)) - 1);
        for (const auto place : item.places) numbers[place] = row.small(1);
        found_.push_back({item.hash, row.small(1), item.result->monitor, row.boolean(2)});
    }
}

void Sights::committed() {
    if (known_.size() + found_.size() > bounds_.known) known_.clear();
    for (const auto& found : found_) {
        known_[found.hash] = found.number;
        if (found.is_new) ++new_of_[found.monitor];
    }
    found_.clear();
}

}  // namespace sonde::engine
