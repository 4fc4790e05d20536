// Results and their account: the only rows that every check costs, so that each column is one narrow array.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "incident-engine/store.h"
#include "lib/base/slot_range.h"

namespace sonde::engine::store {
namespace {

// Instants travel as milliseconds: both sides convert them at a fraction of what text costs.
constexpr std::string_view kInsert = R"sql(
insert into result (slot, monitor_id, started_at, received_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us,
                    region_id, attempt, http_status, verdict, failure_class, backfilled, detail, sight_id)
select to_timestamp(slot / 1000.0::float8), monitor_id, to_timestamp(started_at / 1000.0::float8), to_timestamp(received_at / 1000.0::float8),
       resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us,
       region_id, attempt, http_status, verdict, failure_class, backfilled, detail, nullif(sight, 0)
from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::integer[], $7::integer[], $8::integer[],
            $9::integer[], $10::integer[], $11::smallint[], $12::smallint[], $13::smallint[], $14::smallint[], $15::smallint[],
            $16::boolean[], $17::jsonb[], $18::integer[])
     as new (slot, monitor_id, started_at, received_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us,
             region_id, attempt, http_status, verdict, failure_class, backfilled, detail, sight)
on conflict do nothing)sql";

const std::string kInsertTellingText =
    std::string(kInsert) + " returning monitor_id, (extract(epoch from slot) * 1000)::bigint, region_id, attempt";

constexpr db::Statement kInsertResults{"result_insert", kInsert};

constexpr db::Statement kInsertEvidence{"evidence_insert", R"sql(
insert into evidence (monitor_id, slot, region_id, attempt, at, verdict, document)
select monitor_id, to_timestamp(slot / 1000.0::float8), region_id, attempt, to_timestamp(at / 1000.0::float8), verdict, document
from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::bigint[], $6::smallint[], $7::text[])
     as new (monitor_id, slot, region_id, attempt, at, verdict, document)
on conflict do nothing)sql"};

constexpr db::Statement kAccount{"slot_ledger_add", R"sql(
insert into slot_ledger (minute, region, writer, executed, late)
select to_timestamp(minute / 1000.0::float8), region, writer, executed, late
from unnest($1::bigint[], $2::text[], $3::text[], $4::integer[], $5::integer[]) as new (minute, region, writer, executed, late)
order by minute, region, writer
on conflict (minute, region, writer) do update
set executed = slot_ledger.executed + excluded.executed, late = slot_ledger.late + excluded.late)sql"};

constexpr db::Statement kRollUpAgain{"rollup_again_note", R"sql(
insert into rollup_again (hour, monitor_id)
select to_timestamp(hour / 1000.0::float8), monitor_id from unnest($1::bigint[], $2::bigint[]) as late (hour, monitor_id)
order by hour, monitor_id on conflict do nothing)sql"};

constexpr milliseconds kLate{1000};  // a check that started so long after its slot

std::vector<db::Param> columns_of(std::span<const Seen> results, std::span<const int> sights) {
    const auto n = results.size();
    std::vector<std::int64_t> slots, monitors, started, received;
    std::vector<int> resolve, connect, tls, first_byte, transfer, total, regions, attempts, statuses, verdicts, causes;
    std::vector<bool> backfilled;
    std::vector<std::optional<std::string>> details;
    for (auto* column : {&slots, &monitors, &started, &received}) column->reserve(n);
    for (auto* column : {&resolve, &connect, &tls, &first_byte, &transfer, &total, &regions, &attempts, &statuses, &verdicts, &causes}) {
        column->reserve(n);
    }
    backfilled.reserve(n);
    details.reserve(n);
    const auto us = [](microseconds value) { return static_cast<int>(std::clamp<std::int64_t>(value.count(), 0, INT32_MAX)); };
    for (const auto& seen : results) {
        const auto& result = *seen.result;
        slots.push_back(to_unix_ms(result.slot));
        monitors.push_back(result.monitor.value());
        started.push_back(to_unix_ms(result.started_at));
        received.push_back(to_unix_ms(seen.received_at));
        resolve.push_back(us(result.phases.resolve));
        connect.push_back(us(result.phases.connect));
        tls.push_back(us(result.phases.tls));
        first_byte.push_back(us(result.phases.first_byte));
        transfer.push_back(us(result.phases.transfer));
        total.push_back(us(result.phases.total));
        regions.push_back(static_cast<int>(seen.region));
        attempts.push_back(result.attempt);
        statuses.push_back(result.http_status);
        verdicts.push_back(static_cast<int>(result.verdict));
        causes.push_back(static_cast<int>(result.cause));
        backfilled.push_back(result.backfilled);
        if (result.verdict == check::Verdict::up && seen.region != decision::kPushRegion) {
            details.emplace_back(std::nullopt);
        } else {
            details.emplace_back(result.detail);
        }
    }
    return {slots,    monitors, started, received, resolve,  connect, tls,        first_byte, transfer,
            total,    regions,  attempts, statuses, verdicts, causes,  backfilled, details,
            std::vector<int>(sights.begin(), sights.end())};
}

struct Key {
    std::int64_t monitor;
    std::int64_t slot;
    int region;
    int attempt;
    friend bool operator==(const Key&, const Key&) = default;
};

struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
        auto bits = static_cast<std::uint64_t>(key.monitor) * 0x9E3779B97F4A7C15ULL;
        bits ^= (static_cast<std::uint64_t>(key.slot) << 12U) + static_cast<std::uint64_t>(key.region * 100 + key.attempt);
        return static_cast<std::size_t>(bits * 0xBF58476D1CE4E5B9ULL);
    }
};

}  // namespace

int insert_results(db::Tx& tx, std::span<const Seen> results, std::span<const int> sights) {
    return tx.run(kInsertResults, columns_of(results, sights)).affected();
}

std::vector<bool> insert_results_telling(db::Tx& tx, std::span<const Seen> results, std::span<const int> sights) {
    std::unordered_set<Key, KeyHash> fresh;
    for (const auto row : tx.run({"result_insert_telling", kInsertTellingText}, columns_of(results, sights))) {
        fresh.insert({row.whole(0), row.whole(1), row.small(2), row.small(3)});
    }
    std::vector<bool> is_new;
    is_new.reserve(results.size());
    for (const auto& seen : results) {
        const auto& result = *seen.result;
        is_new.push_back(fresh.erase({result.monitor.value(), to_unix_ms(result.slot), static_cast<int>(seen.region), result.attempt}) > 0);
    }
    return is_new;
}

std::size_t insert_evidence(db::Tx& tx, std::span<const Seen> results) {
    std::vector<std::int64_t> monitors, slots, at;
    std::vector<int> regions, attempts, verdicts;
    std::vector<std::string> documents;
    std::size_t too_long = 0;
    for (const auto& seen : results) {
        const auto& result = *seen.result;
        if (result.evidence.empty()) continue;
        if (result.evidence.size() > message::kMostEvidenceBytes) {
            ++too_long;
            continue;
        }
        monitors.push_back(result.monitor.value());
        slots.push_back(to_unix_ms(result.slot));
        regions.push_back(static_cast<int>(seen.region));
        attempts.push_back(result.attempt);
        at.push_back(to_unix_ms(result.started_at));
        verdicts.push_back(static_cast<int>(result.verdict));
        documents.push_back(result.evidence);
    }
    if (!documents.empty()) tx.run(kInsertEvidence, {monitors, slots, regions, attempts, at, verdicts, documents});
    return too_long;
}

void account(db::Tx& tx, std::span<const Seen> results) {
    struct Count {
        int executed = 0;
        int late = 0;
    };
    std::map<std::tuple<std::int64_t, std::string_view, int>, Count> counts;
    for (const auto& seen : results) {
        const auto& result = *seen.result;
        if (result.attempt != 0 || seen.region == decision::kPushRegion) continue;  // nobody expects a ping at a slot
        const auto minute = std::chrono::floor<std::chrono::minutes>(result.slot);
        auto& count = counts[{to_unix_ms(minute), seen.region_name, seen.shard}];
        ++count.executed;
        if (result.started_at - result.slot > kLate) ++count.late;
    }
    if (counts.empty()) return;
    std::vector<std::int64_t> minutes;
    std::vector<std::string> regions, writers;
    std::vector<int> executed, late;
    for (const auto& [key, count] : counts) {
        minutes.push_back(std::get<0>(key));
        regions.emplace_back(std::get<1>(key));
        writers.push_back("shard/" + std::to_string(std::get<2>(key)));
        executed.push_back(count.executed);
        late.push_back(count.late);
    }
    tx.run(kAccount, {minutes, regions, writers, executed, late});
}

void note_late(db::Tx& tx, std::span<const Seen> results, TimePoint now) {
    std::set<std::pair<std::int64_t, std::int64_t>> late;
    for (const auto& seen : results) {
        const auto hour = std::chrono::floor<std::chrono::hours>(seen.result->slot);
        if (now - hour >= std::chrono::hours{1} + kHourIsComplete) late.emplace(to_unix_ms(hour), seen.result->monitor.value());
    }
    if (late.empty()) return;
    std::vector<std::int64_t> hours, monitors;
    for (const auto& [hour, monitor] : late) {
        hours.push_back(hour);
        monitors.push_back(monitor);
    }
    tx.run(kRollUpAgain, {hours, monitors});
}

}  // namespace sonde::engine::store
