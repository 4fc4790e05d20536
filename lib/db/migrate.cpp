#include "lib/db/migrate.h"

#include <fmt/format.h>

#include "lib/crypto/crypto.h"
#include "lib/log/log.h"

namespace sonde::db {
namespace {

// The lock of all who migrate a database; the number means nothing.
constexpr std::int64_t kLock = 5'017'238'841'906;
// A migration may rewrite large tables, and waits for those who migrate already.
constexpr milliseconds kTimeout{3'600'000};

constexpr Statement kLockDatabase{"migrate_lock", "select pg_advisory_xact_lock($1)"};
constexpr Statement kMakeTable{"migrate_table",
                               "create table if not exists schema_migration ("
                               "version integer primary key, name text not null, checksum text not null,"
                               "applied_at timestamptz not null default clock_timestamp())"};
constexpr Statement kFindTable{"migrate_find_table", "select to_regclass('schema_migration') is not null"};
constexpr Statement kReadApplied{"migrate_read", "select version, name, checksum from schema_migration order by version"};
constexpr Statement kNote{"migrate_note", "insert into schema_migration (version, name, checksum) values ($1, $2, $3)"};

// Views that repeat tables for callers who see less (migration `restriction`) are in no migration's way, and follow the tables.
constexpr std::string_view kDropViews =
    "do $$ begin execute format('drop schema if exists %I cascade', current_schema() || '_restricted'); end $$";
constexpr std::string_view kMakeViews =
    "do $$ begin if to_regproc('make_restricted_views') is not null then perform make_restricted_views(); end if; end $$";

std::string checksum(const Migration& migration) { return crypto::hex(crypto::sha256(migration.sql)); }

// How many of `known` are applied, or why what is applied does not fit them.
Result<int> compare(const Rows& applied, const std::vector<Migration>& known) {
    int count = 0;
    for (const auto row : applied) {
        const auto version = row.small(0);
        if (version != count + 1) return Error{fmt::format("migration {} is missing, though {} is applied", count + 1, version)};
        if (static_cast<std::size_t>(version) > known.size()) {
            return Error{fmt::format("the database is newer than this program: migration {} ({}) is unknown to it; the newest it knows is {}",
                                     version, row.text(1), known.size())};
        }
        const auto& expected = known[static_cast<std::size_t>(version) - 1];
        if (row.text(2) != checksum(expected)) {
            return Error{fmt::format("migration {} ({}) was applied with other contents than this program has: checksum {} instead of {}",
                                     version, expected.name, row.text(2), checksum(expected))};
        }
        ++count;
    }
    return count;
}

// Applies the next one, if there is any. The number applied before and after.
Result<MigrationReport> step(Pool& pool, const std::vector<Migration>& known) {
    auto tx = pool.begin();
    tx.set_statement_timeout(kTimeout);
    tx.run(kLockDatabase, {kLock});
    tx.run(kMakeTable);
    const auto applied = compare(tx.run(kReadApplied), known);
    if (!applied) return applied.error();
    MigrationReport report{*applied, *applied};
    if (static_cast<std::size_t>(*applied) < known.size()) {
        const auto& next = known[static_cast<std::size_t>(*applied)];
        try {
            tx.run_script(kDropViews);
            tx.run_script(next.sql);
            tx.run_script(kMakeViews);
        } catch (const DbError& error) {
            return Error{fmt::format("migration {} ({}) failed and was undone: {}", next.version, next.name, error.what())};
        }
        tx.run(kNote, {next.version, next.name, checksum(next)});
        report.after = next.version;
    }
    tx.commit();
    return report;
}

}  // namespace

Result<MigrationReport> migrate(Pool& pool, const std::vector<Migration>& known) {
    try {
        auto report = step(pool, known);
        if (!report) return report;
        for (auto last = *report; last.after > last.before;) {
            log::info("migration_applied", "version", last.after, "name", known[static_cast<std::size_t>(last.after) - 1].name);
            auto next = step(pool, known);
            if (!next) return next;
            last = *next;
            report->after = last.after;
        }
        return report;
    } catch (const DbError& error) {
        return Error{fmt::format("migrating the database: {}", error.what())};
    }
}

Result<MigrationReport> migrate(Pool& pool) { return migrate(pool, migrations()); }

Status check_schema(Pool& pool, const std::vector<Migration>& known) {
    try {
        auto tx = pool.begin();
        if (!tx.run(kFindTable)[0].boolean(0)) return Error{"the database has no schema yet: run `sonde migrate`"};
        const auto applied = compare(tx.run(kReadApplied), known);
        if (!applied) return applied.error();
        if (static_cast<std::size_t>(*applied) < known.size()) {
            return Error{fmt::format("the database has migration {} of {}: run `sonde migrate`", *applied, known.size())};
        }
        return Done{};
    } catch (const DbError& error) {
        return Error{fmt::format("checking the database's schema: {}", error.what())};
    }
}

Status check_schema(Pool& pool) { return check_schema(pool, migrations()); }

}  // namespace sonde::db
