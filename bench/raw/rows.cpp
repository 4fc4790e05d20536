#include "bench/raw/rows.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "bench/cpu.h"
#include "lib/base/instant.h"
#include "lib/db/db.h"
#include "lib/decision/monitor_state.h"

namespace sonde::bench {
namespace {

constexpr milliseconds kInterval{30'000};
constexpr TimePoint kFirst = from_unix_ms(1'790'000'000'000);
constexpr std::int64_t kFirstMonitor = std::int64_t{1} << 60;
constexpr int kStep = 7919;  // a prime: monitors come in an order that is not that of their ids

struct Discard {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
};

class Session {
public:
    explicit Session(const std::string& dsn) : connection_(PQconnectdb(dsn.c_str())) {
        if (PQstatus(connection_.get()) != CONNECTION_OK) fail();
        run("set application_name = 'bench-limits'; set synchronous_commit = on");
    }
    void run(const std::string& sql) { expect(PQexec(connection_.get(), sql.c_str()), PGRES_COMMAND_OK); }
    void begin_copy(const std::string& sql) { expect(PQexec(connection_.get(), sql.c_str()), PGRES_COPY_IN); }
    void copy(std::string_view bytes) {
        if (PQputCopyData(connection_.get(), bytes.data(), static_cast<int>(bytes.size())) != 1) fail();
    }
    void end_copy() {
        if (PQputCopyEnd(connection_.get(), nullptr) != 1) fail();
        expect(PQgetResult(connection_.get()), PGRES_COMMAND_OK);
        while (const std::unique_ptr<PGresult, Discard> rest{PQgetResult(connection_.get())}) {
        }
    }
    void prepare(const std::string& sql) { expect(PQprepare(connection_.get(), "loop", sql.c_str(), 0, nullptr), PGRES_COMMAND_OK); }
    void run_prepared(const std::vector<const char*>& values) {
        expect(PQexecPrepared(connection_.get(), "loop", static_cast<int>(values.size()), values.data(), nullptr, nullptr, 0), PGRES_COMMAND_OK);
    }
    [[nodiscard]] int server() const { return PQbackendPID(connection_.get()); }

private:
    void expect(PGresult* given, ExecStatusType wanted) {
        const std::unique_ptr<PGresult, Discard> result(given);
        if (PQresultStatus(given) != wanted) fail();
    }
    [[noreturn]] void fail() { throw std::runtime_error(PQerrorMessage(connection_.get())); }
    std::unique_ptr<PGconn, Discard> connection_;
};

// COPY's binary format: every number in network order, behind its length.
class BinaryRows {
public:
    void begin() { bytes_.assign("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19); }
    void row(std::int16_t fields) { number(fields); }
    template <class Number>
    void field(Number value) {
        number(std::int32_t{sizeof(Number)});
        number(value);
    }
    void field(bool value) { field(static_cast<std::int8_t>(value)); }
    void field(TimePoint at) {
        constexpr std::int64_t kEpoch = 946'684'800'000;  // 2000-01-01, from which PostgreSQL counts
        field(std::int64_t{(to_unix_ms(at) - kEpoch) * 1000});
    }
    void null() { number(std::int32_t{-1}); }
    std::string_view end() {
        number(std::int16_t{-1});
        return bytes_;
    }

private:
    template <class Number>
    void number(Number value) {
        for (int shift = (static_cast<int>(sizeof(Number)) - 1) * 8; shift >= 0; shift -= 8) bytes_ += static_cast<char>(value >> shift);
    }
    std::string bytes_;
};

struct Place {
    std::int64_t monitor = 0;
    Slot slot;
};

// The n-th check of all.
Place place_of(const RowLoop& loop, long n) {
    const auto within = n % loop.monitors;
    return {kFirstMonitor + within * kStep % loop.monitors, kFirst + kInterval * (n / loop.monitors) + kInterval * within / loop.monitors};
}

void add_result(BinaryRows& rows, const Place& place, std::int32_t n) {
    rows.row(18);
    rows.field(place.slot);
    rows.field(place.monitor);
    rows.field(place.slot + milliseconds{20});
    rows.field(place.slot + milliseconds{300});
    for (const std::int32_t us : {600, 11'000, 21'000, 52'000, 900, 85'500}) rows.field(us + n % 500);
    for (const int small : {1, 0, 200, 0, 0}) rows.field(static_cast<std::int16_t>(small));
    rows.field(false);
    rows.null();
    rows.field(n % 1000 + 1);
}

template <class Transaction>
Cost timed(const RowLoop& loop, const Session& session, Transaction transaction) {
    const auto began = std::chrono::steady_clock::now();
    const auto before = cpu_us();
    long rows = 0;
    for (; rows < loop.rows; rows += loop.batch) transaction(rows);
    const auto all = static_cast<double>(rows);
    return {rows, (cpu_us() - before) / all, all / std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(), session.server()};
}

// What the core keeps of a monitor that is well, seen from three regions.
std::string core_of(Slot slot) {
    decision::MonitorState state;
    state.known = decision::Known::up;
    state.since = state.watched_since = kFirst;
    state.spec_hash = state.voters_hash = 0x9E3779B97F4A7C15;
    for (int region = 1; region <= 3; ++region) {
        state.votes.push_back({static_cast<decision::RegionId>(region), slot, 0, slot + milliseconds{20}, check::Verdict::up, check::FailureClass::none, false, 0, {}, {}});
    }
    return decision::write_state(state);
}

}  // namespace

Cost copy_results(const RowLoop& loop) {
    Session session(loop.dsn);
    const auto sql = fmt::format("copy {} (slot, monitor_id, started_at, received_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us, region_id, attempt, http_status, "
                                 "verdict, failure_class, backfilled, detail, sight_id) from stdin (format binary)",
                                 loop.table);
    BinaryRows rows;
    return timed(loop, session, [&](long first) {
        rows.begin();
        for (long n = first; n < first + loop.batch; ++n) add_result(rows, place_of(loop, n), static_cast<std::int32_t>(n));
        session.begin_copy(sql);
        session.copy(rows.end());
        session.end_copy();
    });
}

Cost upsert_states(const RowLoop& loop) {
    Session session(loop.dsn);
    session.prepare(fmt::format("insert into {} (monitor_id, state, since, core) select id, state, to_timestamp(since / 1000.0::float8), core "
                                "from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[]) as new (id, state, since, core) "
                                "on conflict (monitor_id) do update set state = excluded.state, since = excluded.since, core = excluded.core",
                                loop.table));
    return timed(loop, session, [&](long first) {
        const auto core = core_of(place_of(loop, first).slot);
        std::vector<std::int64_t> monitors;
        for (long n = first; n < first + loop.batch; ++n) monitors.push_back(place_of(loop, n).monitor);
        const auto count = monitors.size();
        const std::vector<db::Param> columns{monitors, std::vector<std::string>(count, "up"), std::vector<std::int64_t>(count, to_unix_ms(kFirst)), std::vector<std::string>(count, core)};
        std::vector<const char*> values;
        for (const auto& column : columns) values.push_back(column.text()->c_str());
        session.run_prepared(values);
    });
}

}  // namespace sonde::bench
