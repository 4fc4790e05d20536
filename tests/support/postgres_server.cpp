#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>

#include <fstream>
#include <functional>
#include <memory>

#include "lib/db/migrate.h"
#include "tests/support/child.h"

namespace sonde::test {

namespace fs = std::filesystem;

namespace {

// The tests ask what happens when processes die, not when the machine loses power: no fsync, but commits are still written.
constexpr std::string_view kSettings =
    "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\n"
    "full_page_writes = off\nmax_connections = 40\nshared_buffers = 16MB\nmax_wal_size = 256MB\ncheckpoint_timeout = 30s\n"
    "dynamic_shared_memory_type = posix\nlog_min_messages = warning\nlog_line_prefix = '%m [%p] '\n";

// Of all who lock this file: one works, the others wait.
class FileLock {
public:
    explicit FileLock(const fs::path& file) : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
        if (fd_ < 0 || ::flock(fd_, LOCK_EX) != 0) throw std::runtime_error("cannot lock " + file.string());
    }
    ~FileLock() { ::close(fd_); }
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    int fd_;
};

}  // namespace

struct PostgresServer::Impl {
    User user = unprivileged();
    TempDir dir;
    fs::path data = fs::path(dir.path()) / "data";
    fs::path log = fs::path(dir.path()) / "log";
    std::string program = find_program("postgres");
    int port = 0;
    std::unique_ptr<Child> server;

    void initialise() {
        give_directory();
        run_to_end({find_program("initdb"), "--pgdata", data.string(), "--username", "sonde", "--auth", "trust", "--encoding", "UTF8",
                    "--locale", "C", "--no-sync", "--wal-segsize", "4"},
                   log, user);
        std::ofstream(data / "postgresql.auto.conf", std::ios::app) << kSettings;
    }

    // What initdb and the migrations make is the same each time: made once for all programs of a build, beside them, and copied.
    void take_migrated() {
        const auto beside = fs::canonical("/proc/self/exe").parent_path();
        const auto made = beside / ("postgres-" + key_of_migrations());
        const FileLock lock(beside / "postgres.lock");
        if (!fs::exists(made)) {
            remove_others(beside);
            Impl first;
            first.initialise();
            first.start_somewhere();
            first.migrate();
            first.server->signal(SIGINT);
            if (!eventually([&] { return !first.server->running(); }, kStartDeadlineMs)) throw std::runtime_error("PostgreSQL does not stop: " + text_of(first.log));
            copy(first.data, made.string() + ".new");
            fs::rename(made.string() + ".new", made);
        }
        give_directory();
        copy(made, data);
    }

    static std::string key_of_migrations() {
        auto all = find_program("initdb") + std::string(kSettings);
        for (const auto& migration : db::migrations()) all += migration.sql;
        return std::to_string(std::hash<std::string>{}(all));
    }

    // Of migrations that were.
    static void remove_others(const fs::path& beside) {
        for (const auto& entry : fs::directory_iterator(beside)) {
            if (entry.is_directory() && entry.path().filename().string().starts_with("postgres-")) fs::remove_all(entry.path());
        }
    }

    // With its owner, who may not be us.
    void copy(const fs::path& from, const fs::path& to) { run_to_end({"/bin/cp", "-a", from.string(), to.string()}, log, User{}); }

    void give_directory() const {
        if (user.uid != ::getuid() && ::chown(dir.path().c_str(), user.uid, user.gid) != 0) throw std::runtime_error("chown failed");
    }

    [[nodiscard]] db::PoolOptions one_connection() const {
        db::PoolOptions options;
        options.dsn = dsn("postgres");
        options.size = 1;
        return options;
    }

    void migrate() {
        metrics::Registry metrics;
        db::Pool pool(one_connection(), metrics);
        if (const auto report = db::migrate(pool); !report) throw std::runtime_error(report.error().message);
    }

    void start_somewhere() {
        start_on_free_port(log, [this](int on_port) { start(on_port); }, [this](int) { return ready(); });
    }

    void start(int on_port) {
        port = on_port;
        server = std::make_unique<Child>(std::vector<std::string>{program, "-D", data.string(), "-p", std::to_string(port)}, log, user);
    }

    bool ready() {
        metrics::Registry metrics;
        db::Pool pool(one_connection(), metrics);
        bool answered = false;
        eventually(
            [&] {
                if (!server->running()) return true;
                if (!accepts(port)) return false;
                // Only ours has this data directory: another server may have got the port before us.
                try {
                    auto tx = pool.begin();
                    answered = tx.run_text("select current_setting('data_directory')")[0].text(0) == data.string();
                } catch (const db::DbError&) {
                    answered = false;
                    // While it recovers, each question is a process more that is in its way.
                    std::this_thread::sleep_for(milliseconds{100});
                }
                return answered;
            },
            kStartDeadlineMs);
        return answered;
    }

    [[nodiscard]] Secret dsn(const std::string& database) const {
        return Secret{"postgresql://sonde@127.0.0.1:" + std::to_string(port) + "/" + database + "?sslmode=disable&gssencmode=disable"};
    }
};

PostgresServer::PostgresServer(bool migrated) : impl_(std::make_unique<Impl>()) {
    if (migrated) {
        impl_->take_migrated();
    } else {
        impl_->initialise();
    }
    impl_->start_somewhere();
}

PostgresServer::~PostgresServer() {
    // Lets the server end its own children and free its shared memory.
    impl_->server->signal(SIGQUIT);
    eventually([this] { return !impl_->server->running(); }, 5000);
}

Secret PostgresServer::dsn() const { return impl_->dsn("postgres"); }

void PostgresServer::kill_hard() { impl_->server->kill_family(); }

void PostgresServer::restart() {
    impl_->server->kill_family();
    if (!eventually([this] {
            if (impl_->server->running()) return impl_->ready();
            impl_->start(impl_->port);
            return impl_->ready();
        }, kStartDeadlineMs)) {
        throw std::runtime_error("PostgreSQL does not start again: " + text_of(impl_->log));
    }
}

void PostgresServer::freeze() { impl_->server->freeze(); }
void PostgresServer::thaw() { impl_->server->signal(SIGCONT); }

}  // namespace sonde::test
