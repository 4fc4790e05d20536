#include "lib/db/session.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <map>
#include <pqxx/pqxx>

#include "lib/db/dsn.h"

// libpqxx 6 loses the answer of a statement during which the connection broke: some kilobytes for each loss of the server, and no
// fault of the program that a leak check is to end with. Weak, so that a program may have suppressions of its own.
extern "C" __attribute__((weak)) const char* __lsan_default_suppressions();  // NOLINT: the name is the sanitizer's
extern "C" const char* __lsan_default_suppressions() { return "leak:libpqxx\n"; }

namespace sonde::db {
namespace {

constexpr metrics::Family kStatementSeconds{"sonde_db_statement_seconds", "Time from sending a statement to its whole answer."};
constexpr double kStatementBounds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30};

// How much longer than the server's own deadline a statement may take before the connection is cut.
constexpr milliseconds kGrace{5000};

Failure failure_of(std::string_view sqlstate) {
    const auto is = [sqlstate](std::string_view prefix) { return sqlstate.starts_with(prefix); };
    if (is("40001") || is("40P01")) return Failure::conflict;
    if (is("23505")) return Failure::unique;
    if (is("23503")) return Failure::foreign_key;
    if (is("23514")) return Failure::check;
    if (is("44000")) return Failure::outside;
    if (is("57014") || is("55P03")) return Failure::timeout;  // statement_timeout, lock_timeout
    // The server stops, starts, is a standby now, is out of connections, memory or disk, or ended this session.
    if (is("08") || is("57P") || is("53") || is("58") || is("25006") || is("25P03") || is("25P04")) return Failure::unavailable;
    return Failure::broken;
}

// pqxx 6 does not hand out the server's field for it; the text of a message is `… constraint "name" …`.
std::string constraint_in(std::string_view message) {
    constexpr std::string_view before = "constraint \"";
    const auto at = message.find(before);
    if (at == std::string_view::npos) return {};
    const auto rest = message.substr(at + before.size());
    return std::string(rest.substr(0, rest.find('"')));
}

milliseconds as_ms(MonotonicPoint::duration d) { return std::chrono::duration_cast<milliseconds>(d); }

// Without parameters of its own: notices of the server are of no use to a program.
class SilentNotices final : public pqxx::errorhandler {
public:
    using pqxx::errorhandler::errorhandler;
    bool operator()(const char*) noexcept override { return false; }
};

#if PQXX_VERSION_MAJOR < 7
auto arguments(const std::vector<Param>& params, std::vector<const char*>& texts) {
    texts.reserve(params.size());
    for (const auto& param : params) texts.push_back(param.text() ? param.text()->c_str() : nullptr);
    return pqxx::prepare::make_dynamic_params(texts.begin(), texts.end());
}
#else
auto arguments(const std::vector<Param>& params, std::vector<const char*>&) {
    pqxx::params list;
    for (const auto& param : params) {
        if (param.text()) {
            list.append(*param.text());
        } else {
            list.append();
        }
    }
    return list;
}
#endif

}  // namespace

metrics::Histogram& StatementTimes::of(std::string_view statement) {
    return metrics_.histogram(kStatementSeconds, kStatementBounds, {{"statement", std::string(statement)}});
}

struct Session::Impl {
    struct Prepared {
        std::string sql;
        metrics::Histogram* seconds;
    };

    SessionSettings settings;
    StatementTimes& times;
    pqxx::connection connection;
    SilentNotices silence{connection};
    std::unique_ptr<pqxx::transaction_base> work;
    std::map<std::string, Prepared, std::less<>> prepared;
    metrics::Histogram& begin_seconds = times.of("begin");
    metrics::Histogram& commit_seconds = times.of("commit");
    milliseconds timeout = settings.statement_timeout;
    bool failed = false;  // in this transaction
    std::vector<std::string> notified;
    std::vector<std::unique_ptr<pqxx::notification_receiver>> receivers;
    // Nanoseconds of the monotonic clock by which the present call must be over; 0 outside of one.
    std::atomic<std::int64_t> deadline{0};
    std::atomic<bool> cut{false};
    int socket = -1;

    Impl(const SessionSettings& given, StatementTimes& given_times)
        : settings(given), times(given_times), connection(dsn_of(given).reveal()), socket(connection.sock()) {}

    static Secret dsn_of(const SessionSettings& settings) {
        const auto connect_seconds = std::max<std::int64_t>(2, (settings.connect_timeout.count() + 999) / 1000);
        return with_defaults(settings.dsn, {{"connect_timeout", std::to_string(connect_seconds)},
                                            {"keepalives_idle", "10"},
                                            {"keepalives_interval", "5"},
                                            {"keepalives_count", "3"},
                                            {"tcp_user_timeout", "20000"},
                                            {"client_encoding", "UTF8"}});
    }

    // Runs `body` with a deadline, measured, and with what goes wrong in it as DbError.
    template <class Body>
    auto guarded(std::string_view what, metrics::Histogram& seconds, Body body) {
        struct Span {
            Impl& impl;
            metrics::Histogram& seconds;
            MonotonicPoint start = std::chrono::steady_clock::now();
            ~Span() {
                impl.deadline.store(0, std::memory_order_release);
                seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
            }
        } span{*this, seconds};
        deadline.store((span.start.time_since_epoch() + timeout + kGrace).count(), std::memory_order_release);
        try {
            return body();
        } catch (const DbError&) {
            failed = true;
            throw;
        } catch (...) {
            failed = true;
            rethrow(what, as_ms(std::chrono::steady_clock::now() - span.start));
        }
    }

    [[noreturn]] void rethrow(std::string_view what, milliseconds after) {
        const auto fail = [&](Failure failure, std::string_view why) {
            if (cut) throw DbError(Failure::unavailable, fmt::format("{}: no answer of the database within {} ms", what, after.count()));
            throw DbError(failure, fmt::format("{}: {}", what, scrub(why, settings.dsn)), constraint_in(why));
        };
        try {
            throw;
        } catch (const pqxx::in_doubt_error& error) {
            fail(Failure::unavailable, error.what());
        } catch (const pqxx::broken_connection& error) {
            fail(Failure::unavailable, error.what());
        } catch (const pqxx::statement_completion_unknown& error) {
            fail(Failure::unavailable, error.what());
        } catch (const pqxx::transaction_rollback& error) {  // serialization failures and deadlocks
            fail(Failure::conflict, error.what());
        } catch (const pqxx::sql_error& error) {
            const bool lost = error.sqlstate().empty() && !connection.is_open();
            fail(lost ? Failure::unavailable : failure_of(error.sqlstate()), error.what());
        } catch (const std::exception& error) {
            fail(connection.is_open() ? Failure::broken : Failure::unavailable, error.what());
        }
        throw DbError(Failure::broken, fmt::format("{}: failed for an unknown reason", what));
    }

    pqxx::transaction_base& transaction(std::string_view what) {
        if (!work) throw DbError(Failure::broken, fmt::format("{}: there is no transaction", what));
        return *work;
    }

    static Rows rows(pqxx::result&& result) {
        auto shared = std::make_shared<const pqxx::result>(std::move(result));
        const auto count = static_cast<int>(shared->size());
        const auto affected = static_cast<int>(shared->affected_rows());
        return Rows{std::move(shared), count, affected};
    }

    // Only announces it: pqxx sends it to the server with its first use.
    void prepare(const Statement& statement) {
        const auto found = prepared.find(statement.name);
        if (found == prepared.end()) {
            connection.prepare(std::string(statement.name), std::string(statement.sql));
            prepared.emplace(statement.name, Prepared{std::string(statement.sql), &times.of(statement.name)});
        } else if (found->second.sql != statement.sql) {
            throw DbError(Failure::broken, fmt::format("two statements have the name {}", statement.name));
        }
    }

    metrics::Histogram& seconds_of(const Statement& statement) {
        const auto found = prepared.find(statement.name);
        return found == prepared.end() ? times.of(statement.name) : *found->second.seconds;
    }
};

Session::Session(const SessionSettings& settings, StatementTimes& times) {
    try {
        impl_ = std::make_unique<Impl>(settings, times);
#if PQXX_VERSION_MAJOR < 7
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
        // A connection restored behind our back would have lost the settings below.
        impl_->connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
#endif
    } catch (const std::exception& error) {
        throw DbError(Failure::unavailable, fmt::format("connecting to the database: {}", scrub(error.what(), settings.dsn)));
    }
}

void Session::set_up() {
    auto& impl = *impl_;
    impl.guarded("setting up a database session", impl.times.of("session"), [&] {
        pqxx::nontransaction setup(impl.connection);
        // Compiling a statement takes longer than any of ours runs, and is decided by an estimate that is often wrong about queues.
        setup.exec(fmt::format("set jit to off; set timezone to 'UTC'; set datestyle to 'ISO'; set bytea_output to 'hex'; set extra_float_digits to 1;"
                               "set application_name to {}; set statement_timeout to {}; set idle_in_transaction_session_timeout to {}",
                               impl.connection.quote(impl.settings.application_name), impl.settings.statement_timeout.count(),
                               impl.settings.idle_in_transaction_timeout.count()));
    });
}

Session::~Session() { rollback(); }

void Session::begin() {
    auto& impl = *impl_;
    impl.failed = false;
    impl.timeout = impl.settings.statement_timeout;
    impl.guarded("begin", impl.begin_seconds, [&] { impl.work = std::make_unique<pqxx::work>(impl.connection); });
}

void Session::begin_alone() {
    auto& impl = *impl_;
    impl.failed = false;
    impl.timeout = impl.settings.statement_timeout;
    impl.work = std::make_unique<pqxx::nontransaction>(impl.connection);
}

Rows Session::run(const Statement& statement, const std::vector<Param>& params) {
    auto& impl = *impl_;
    auto& work = impl.transaction(statement.name);
    return impl.guarded(statement.name, impl.seconds_of(statement), [&] {
        impl.prepare(statement);
        std::vector<const char*> texts;
        return Impl::rows(work.exec_prepared(std::string(statement.name), arguments(params, texts)));
    });
}

Rows Session::run_text(std::string_view sql, const std::vector<Param>& params) {
    auto& impl = *impl_;
    auto& work = impl.transaction("statement");
    return impl.guarded("statement", impl.times.of("text"), [&] {
        std::vector<const char*> texts;
        return Impl::rows(work.exec_params(std::string(sql), arguments(params, texts)));
    });
}

void Session::run_script(std::string_view sql) {
    auto& impl = *impl_;
    auto& work = impl.transaction("script");
    impl.guarded("script", impl.times.of("script"), [&] { work.exec(std::string(sql)); });
}

void Session::commit() {
    auto& impl = *impl_;
    auto& work = impl.transaction("commit");
    // The server would answer such a commit with a rollback, and pqxx would not tell.
    if (impl.failed) throw DbError(Failure::broken, "commit: a statement of the transaction had failed");
    impl.guarded("commit", impl.commit_seconds, [&] { work.commit(); });
    impl.work.reset();
}

void Session::rollback() noexcept {
    if (!impl_->work) return;
    try {
        impl_->guarded("rollback", impl_->times.of("rollback"), [&] {
            impl_->work->abort();
            impl_->work.reset();
        });
    } catch (const std::exception&) {
        impl_->work.reset();  // the connection is gone, and the transaction with it
    }
}

void Session::set_statement_timeout(milliseconds timeout) {
    run_script(fmt::format("set local statement_timeout to {}", timeout.count()));
    impl_->timeout = timeout;
}

bool Session::usable() const {
    if (impl_->cut || !impl_->connection.is_open()) return false;
    pollfd idle{impl_->socket, POLLIN, 0};
    return ::poll(&idle, 1, 0) == 0;
}

void Session::listen(const std::vector<std::string>& channels) {
    struct Receiver final : pqxx::notification_receiver {
        Receiver(pqxx::connection& connection, const std::string& name, std::vector<std::string>& out)
            : pqxx::notification_receiver(connection, name), notified(out) {}
        void operator()(const std::string&, int) override { notified.push_back(channel()); }
        std::vector<std::string>& notified;
    };
    auto& impl = *impl_;
    impl.guarded("listen", impl.times.of("listen"), [&] {
        for (const auto& channel : channels) {
            impl.receivers.push_back(std::make_unique<Receiver>(impl.connection, channel, impl.notified));
        }
    });
}

std::vector<std::string> Session::wait_for_notifications(int wake_fd, milliseconds deadline) {
    auto& impl = *impl_;
    pollfd fds[2] = {{impl.socket, POLLIN, 0}, {wake_fd, POLLIN, 0}};
    ::poll(fds, 2, static_cast<int>(deadline.count()));
    impl.notified.clear();
    if (fds[0].revents != 0) {
        impl.guarded("reading notifications", impl.times.of("listen"), [&] { impl.connection.get_notifs(); });
        if (!impl.connection.is_open()) throw DbError(Failure::unavailable, "waiting for notifications: the connection broke");
    }
    return std::move(impl.notified);
}

void Session::enforce_deadline(MonotonicPoint now) {
    const auto deadline = impl_->deadline.load(std::memory_order_acquire);
    if (deadline == 0 || now.time_since_epoch().count() < deadline) return;
    impl_->cut = true;
    ::shutdown(impl_->socket, SHUT_RDWR);
}

std::optional<std::string_view> cell(const void* result, int row, int column) {
    const auto& rows = *static_cast<const pqxx::result*>(result);
    if (row < 0 || row >= static_cast<int>(rows.size()) || column < 0 || column >= static_cast<int>(rows.columns())) {
        throw DbError(Failure::broken, fmt::format("an answer has no column {} in row {}", column, row));
    }
    const auto field = rows[static_cast<pqxx::result::size_type>(row)][static_cast<pqxx::row::size_type>(column)];
    if (field.is_null()) return std::nullopt;
    return std::string_view(field.c_str(), field.size());
}

}  // namespace sonde::db
