// PostgreSQL. The only module that sees libpqxx. Blocking: never called on a loop thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/id.h"
#include "lib/base/secret.h"
#include "lib/base/instant.h"
#include "lib/metrics/metrics.h"

namespace sonde::db {

// Why an operation failed; decides what the caller may do.
enum class Failure : unsigned char {
    unavailable,   // no connection, or it broke: the transaction may or may not have committed; try again later
    conflict,      // serialization failure or deadlock: nothing happened; try again now
    unique,        // a unique constraint refused it; `constraint` says which
    foreign_key,   // a referenced row is missing or in use
    check,         // a check constraint refused it
    outside,       // a view refused it: the row would be none of those that it shows
    timeout,       // no free connection, or statement_timeout
    broken,        // anything else: a defect of ours
};

class DbError : public std::runtime_error {
public:
    DbError(Failure failure, const std::string& what, std::string constraint = {})
        : std::runtime_error(what), failure_(failure), constraint_(std::move(constraint)) {}
    [[nodiscard]] Failure failure() const { return failure_; }
    [[nodiscard]] const std::string& constraint() const { return constraint_; }

private:
    Failure failure_;
    std::string constraint_;
};

// A statement, declared once as a constant. Prepared on a connection at its first use there; `name` labels its metrics.
struct Statement {
    std::string_view name;
    std::string_view sql;
};

// One parameter in PostgreSQL's text form. Vectors become arrays, for `unnest`.
class Param {
public:
    Param(std::nullopt_t) {}                            // NOLINT: implicit by design, all of these
    Param(std::string_view value);                      // NOLINT
    Param(const std::string& value);                    // NOLINT
    Param(const char* value);                           // NOLINT
    Param(bool value);                                  // NOLINT
    Param(int value);                                   // NOLINT
    Param(std::int64_t value);                          // NOLINT
    Param(double value);                                // NOLINT
    Param(TimePoint value);                             // NOLINT
    Param(const std::vector<std::int64_t>& values);     // NOLINT
    Param(const std::vector<int>& values);              // NOLINT
    Param(const std::vector<bool>& values);             // NOLINT
    Param(const std::vector<std::string>& values);      // NOLINT
    Param(const std::vector<TimePoint>& values);        // NOLINT
    // A null item for each absent value.
    Param(const std::vector<std::optional<std::string>>& values);  // NOLINT
    template <class Tag>
    Param(Id<Tag> id) : Param(id.value()) {}            // NOLINT
    template <class T>
    Param(const std::optional<T>& value) {              // NOLINT
        if (value) *this = Param(*value);
    }
    static Param bytes(std::string_view raw);           // bytea

    [[nodiscard]] const std::optional<std::string>& text() const { return text_; }

private:
    std::optional<std::string> text_;
};

// One row of an answer, valid as long as its Rows. Reading a null or a wrong type throws DbError(broken).
class Row {
public:
    Row(const void* result, int index) : result_(result), index_(index) {}
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] std::int64_t whole(int column) const;
    [[nodiscard]] int small(int column) const;
    [[nodiscard]] double real(int column) const;
    [[nodiscard]] bool boolean(int column) const;
    [[nodiscard]] TimePoint time(int column) const;        // timestamptz; the session's zone is always UTC
    [[nodiscard]] std::vector<std::string> texts(int column) const;   // text[]
    [[nodiscard]] std::vector<std::int64_t> wholes(int column) const;  // any integer array
    [[nodiscard]] std::string bytes(int column) const;     // bytea
    template <class AnyId>
    [[nodiscard]] AnyId id(int column) const {
        return AnyId{whole(column)};
    }
    template <class T>
    [[nodiscard]] std::optional<T> maybe(int column, T (Row::*read)(int) const) const {
        if (is_null(column)) return std::nullopt;
        return (this->*read)(column);
    }

private:
    const void* result_;
    int index_;
};

class Rows {
public:
    explicit Rows(std::shared_ptr<const void> result, int count, int affected)
        : result_(std::move(result)), count_(count), affected_(affected) {}
    [[nodiscard]] int size() const { return count_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] int affected() const { return affected_; }
    [[nodiscard]] Row operator[](int index) const { return Row{result_.get(), index}; }

    class Iterator {
    public:
        Iterator(const Rows* rows, int index) : rows_(rows), index_(index) {}
        Row operator*() const { return (*rows_)[index_]; }
        Iterator& operator++() { ++index_; return *this; }
        bool operator!=(const Iterator& other) const { return index_ != other.index_; }

    private:
        const Rows* rows_;
        int index_;
    };
    [[nodiscard]] Iterator begin() const { return {this, 0}; }
    [[nodiscard]] Iterator end() const { return {this, count_}; }

private:
    std::shared_ptr<const void> result_;
    int count_;
    int affected_;
};

// One transaction on one connection of the pool (read committed). Rolls back unless committed. Not thread-safe.
class Tx {
public:
    ~Tx();
    Tx(Tx&&) noexcept;
    Tx(const Tx&) = delete;
    Tx& operator=(const Tx&) = delete;

    Rows run(const Statement& statement, std::initializer_list<Param> params = {});
    Rows run(const Statement& statement, const std::vector<Param>& params);
    // Unprepared, parameters allowed; for statements built at run time (migrations, filters of lists).
    Rows run_text(std::string_view sql, const std::vector<Param>& params = {});
    // Several statements without parameters, as in a migration file.
    void run_script(std::string_view sql);
    // For what is left of this transaction, instead of the pool's; for migrations and maintenance.
    void set_statement_timeout(milliseconds timeout);
    // Throws DbError(unavailable) if it cannot be known whether it committed.
    void commit();

private:
    friend class Pool;
    struct Impl;
    explicit Tx(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

struct PoolOptions {
    Secret dsn;                          // libpq connection string or URI
    std::string application_name;
    int size = 4;                        // connections, opened when first needed
    milliseconds acquire_timeout{5000};  // how long `begin` waits for a free connection
    milliseconds statement_timeout{30000};
    milliseconds connect_timeout{5000};  // for each address of the server
    milliseconds idle_timeout{60000};    // a connection that nobody needed for so long is closed
    // A transaction that says nothing for so long is ended by the server: a stopped process must not keep its locks.
    milliseconds idle_in_transaction_timeout{15000};
};

// Metrics: sonde_db_pool_wait_seconds, sonde_db_connections{state=active|idle}, sonde_db_statement_seconds{statement}.
// Thread-safe; who waits for a connection gets it in the order of coming. A broken connection is replaced at its next use.
// A call that gets no answer at all, as from a frozen server, fails as `unavailable` 5 s after its statement_timeout.
class Pool {
public:
    Pool(PoolOptions options, metrics::Registry& metrics);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    Tx begin();

    // Runs `body` in a transaction and commits; again, up to three times and after a short pause, after a conflict.
    template <class Body>
    auto transact(Body body) {
        for (int attempt = 1;; ++attempt) {
            try {
                Tx tx = begin();
                if constexpr (std::is_void_v<decltype(body(tx))>) {
                    body(tx);
                    tx.commit();
                    return;
                } else {
                    auto value = body(tx);
                    tx.commit();
                    return value;
                }
            } catch (const DbError& error) {
                if (error.failure() != Failure::conflict || attempt == 3) throw;
            }
            let_others_finish(attempt);
        }
    }

    // One statement that is a transaction of its own, which takes a third of the round trips; again after a conflict, as `transact`. For what is asked or renewed again and again.
    Rows run(const Statement& statement, const std::vector<Param>& params = {});

    // True if the database answers now, for readiness; false also if no connection comes free within half a second.
    bool ping() noexcept;

private:
    friend class Tx;
    // Between two attempts: who begins again at once takes the very lock that the other waits for, and both are stuck again.
    static void let_others_finish(int attempt);

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// LISTENs on its own connection and thread, reconnecting for ever. `on_notify(channel)` runs on that thread, once for each
// notification, and once with an empty channel after each (re)connect: something may have been missed. Must return soon.
class Listener {
public:
    Listener(Secret dsn, std::vector<std::string> channels, std::function<void(std::string_view channel)> on_notify);
    ~Listener();  // stops at once, or within two seconds if just connecting to a server that is silent; no call after it returned
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sonde::db
