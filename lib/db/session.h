// One connection to the server. The only file behind which libpqxx is seen, and its versions are told apart.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/db/db.h"

namespace sonde::db {

struct SessionSettings {
    Secret dsn;
    std::string application_name;
    milliseconds connect_timeout{5000};
    milliseconds statement_timeout{30000};
    milliseconds idle_in_transaction_timeout{15000};
};

// Where the time of each statement goes. Must outlive the sessions that use it. Thread-safe.
class StatementTimes {
public:
    explicit StatementTimes(metrics::Registry& metrics) : metrics_(metrics) {}
    metrics::Histogram& of(std::string_view statement);

private:
    metrics::Registry& metrics_;
};

// Not thread-safe, but for `enforce_deadline`. Every call that fails throws DbError.
class Session {
public:
    // Connects, and waits for that at most `connect_timeout` for each address of the server.
    Session(const SessionSettings& settings, StatementTimes& times);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Once, before anything else.
    void set_up();
    void begin();
    // Instead: each statement is a transaction of its own, committed when it has run. Asks the server nothing.
    void begin_alone();
    Rows run(const Statement& statement, const std::vector<Param>& params);
    Rows run_text(std::string_view sql, const std::vector<Param>& params);
    void run_script(std::string_view sql);
    void commit();
    void rollback() noexcept;
    // For the rest of the transaction.
    void set_statement_timeout(milliseconds timeout);

    // False once the connection broke, or if the server said something to an idle session: it is closing it.
    [[nodiscard]] bool usable() const;

    // Outside a transaction. After it, the server's notifications of these channels arrive.
    void listen(const std::vector<std::string>& channels);
    // Waits for notifications, or until `wake_fd` is readable. The channels of those that arrived.
    std::vector<std::string> wait_for_notifications(int wake_fd, milliseconds deadline);

    // The server's own deadline is of no use when the server hangs or the network swallows everything. Called every now and then
    // from another thread: cuts the connection when a call is overdue, which then fails as `unavailable`.
    void enforce_deadline(MonotonicPoint now);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// One cell of an answer that Session gave; nothing for a null. Throws DbError(broken) if there is no such column.
std::optional<std::string_view> cell(const void* result, int row, int column);

}  // namespace sonde::db
