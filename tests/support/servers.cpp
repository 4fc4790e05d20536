#include "tests/support/servers.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "lib/db/migrate.h"

namespace sonde::test {

int free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const bool found = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                       ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    if (fd >= 0) ::close(fd);
    if (!found) throw std::runtime_error("there is no free port on the loopback");
    return ntohs(address.sin_port);
}

namespace {

namespace fs = std::filesystem;

constexpr int kStartAttempts = 5;   // a free port may be gone by the time the server binds it
constexpr int kStartDeadlineMs = 120'000;

// A directory of our own below /tmp, removed with everything in it.
class TempDir {
public:
    TempDir() {
        std::string name = (fs::temp_directory_path() / "sonde-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name + " failed");
        path_ = name;
    }
    ~TempDir() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    [[nodiscard]] const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

// The user a server runs as: our own, or, because PostgreSQL refuses to run as root, another one if we are root.
struct User {
    uid_t uid = ::getuid();
    gid_t gid = ::getgid();
};

User unprivileged() {
    User user;
    if (user.uid != 0) return user;
    for (const auto* name : {"postgres", "nobody"}) {
        if (const auto* entry = ::getpwnam(name)) return {entry->pw_uid, entry->pw_gid};
    }
    throw std::runtime_error("root cannot run PostgreSQL, and there is neither a user postgres nor nobody");
}

std::string text_of(const fs::path& file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// The state letter of a process or thread, by its directory in /proc; empty if there is none.
std::string state_of(const fs::path& directory) {
    const auto stat = text_of(directory / "stat");
    const auto state = stat.rfind(") ");
    return state == std::string::npos ? "" : stat.substr(state + 2, 1);
}

fs::path proc(pid_t pid) { return fs::path("/proc") / std::to_string(pid); }

// Dead, be it that nobody has reaped it yet.
bool is_gone(pid_t pid) {
    const auto state = state_of(proc(pid));
    return state.empty() || state == "Z";
}

bool is_stopped(pid_t pid) {
    std::error_code ignored;
    const fs::directory_iterator threads(proc(pid) / "task", ignored);
    return std::all_of(begin(threads), end(threads), [](const auto& thread) { return state_of(thread.path()) == "T"; });
}

// A child with its output in `log`; ends with us, however we end.
class Child {
public:
    Child(const std::vector<std::string>& command, const fs::path& log, User user) {
        std::vector<char*> argv;
        for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
        argv.push_back(nullptr);
        const auto parent = ::getpid();
        const auto directory = log.parent_path();
        pid_ = ::fork();
        if (pid_ < 0) throw std::runtime_error("fork failed");
        if (pid_ != 0) return;
        // From here on only what is safe after a fork of a threaded program.
        const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::dup2(in, 0);
        ::dup2(out, 1);
        ::dup2(out, 2);
        if (user.uid != ::getuid() && (::setgid(user.gid) != 0 || ::setuid(user.uid) != 0)) ::_exit(126);
        // After the change of user, which clears it.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(126);
        if (::chdir(directory.c_str()) != 0) ::_exit(126);
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }
    ~Child() { kill_hard(); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    [[nodiscard]] bool running() {
        if (pid_ > 0 && ::waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
        return pid_ > 0;
    }
    void signal(int number) {
        if (pid_ > 0) ::kill(pid_, number);
    }
    // Returns once it does nothing any more.
    void freeze() {
        signal(SIGSTOP);
        eventually([this] { return is_stopped(pid_); }, 5000);
    }
    // As `kill_hard`, and its own children with it, which would otherwise live until they notice.
    void kill_family() {
        if (pid_ <= 0) return;
        freeze();  // no more of them
        std::istringstream children(text_of(proc(pid_) / "task" / std::to_string(pid_) / "children"));
        std::vector<pid_t> pids;
        for (pid_t child = 0; children >> child;) pids.push_back(child);
        kill_hard();
        for (const auto child : pids) ::kill(child, SIGKILL);
        eventually([&pids] { return std::all_of(pids.begin(), pids.end(), is_gone); }, 5000);
    }
    // SIGKILL, and waits until it is gone.
    void kill_hard() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, &status_, 0);
        pid_ = -1;
    }
    [[nodiscard]] bool succeeded() const { return WIFEXITED(status_) && WEXITSTATUS(status_) == 0; }

private:
    pid_t pid_ = -1;
    int status_ = -1;
};

// Runs a command to its end; throws with what it said if it fails.
void run_to_end(const std::vector<std::string>& command, const fs::path& log, User user) {
    Child child(command, log, user);
    if (!eventually([&child] { return !child.running(); }, kStartDeadlineMs)) throw std::runtime_error(command[0] + " does not end");
    if (!child.succeeded()) throw std::runtime_error(command[0] + " failed: " + text_of(log));
}

bool accepts(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool yes = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return yes;
}

// The first of these that can be run; Debian keeps PostgreSQL's programs out of the path, the newest version last.
std::string find_program(const std::string& name) {
    std::error_code ignored;
    std::vector<fs::path> directories;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) directories.push_back(entry.path() / "bin");
    std::sort(directories.rbegin(), directories.rend());
    std::istringstream path(std::getenv("PATH") != nullptr ? std::getenv("PATH") : "");
    for (std::string directory; std::getline(path, directory, ':');) directories.emplace_back(directory);
    directories.emplace_back("/usr/sbin");
    for (const auto& directory : directories) {
        if (::access((directory / name).c_str(), X_OK) == 0) return (directory / name).string();
    }
    throw std::runtime_error(name + " is not installed");
}

// Chooses a port with `start(port)` until the server that this started is ready; throws with its log otherwise.
template <class Start, class Ready>
int start_on_free_port(const fs::path& log, Start start, Ready ready) {
    for (int attempt = 1;; ++attempt) {
        const int port = free_port();
        start(port);
        if (ready(port)) return port;
        if (attempt == kStartAttempts) throw std::runtime_error("the server does not start: " + text_of(log));
    }
}

}  // namespace

// ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────────────────────────

struct PostgresServer::Impl {
    User user = unprivileged();
    TempDir dir;
    fs::path data = dir.path() / "data";
    fs::path log = dir.path() / "log";
    std::string program = find_program("postgres");
    int port = 0;
    std::unique_ptr<Child> server;

    void initialise() {
        if (user.uid != ::getuid() && ::chown(dir.path().c_str(), user.uid, user.gid) != 0) throw std::runtime_error("chown failed");
        run_to_end({find_program("initdb"), "--pgdata", data.string(), "--username", "sonde", "--auth", "trust", "--encoding", "UTF8",
                    "--locale", "C", "--no-sync"},
                   log, user);
        // The tests ask what happens when processes die, not when the machine loses power: no fsync, but commits are still written.
        std::ofstream(data / "postgresql.auto.conf", std::ios::app)
            << "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\n"
               "full_page_writes = off\nmax_connections = 40\nshared_buffers = 16MB\nmax_wal_size = 256MB\ncheckpoint_timeout = 30s\n"
               "dynamic_shared_memory_type = posix\nlog_min_messages = warning\nlog_line_prefix = '%m [%p] '\n";
    }

    void start(int on_port) {
        port = on_port;
        server = std::make_unique<Child>(std::vector<std::string>{program, "-D", data.string(), "-p", std::to_string(port)}, log, user);
    }

    bool ready() {
        metrics::Registry metrics;
        db::PoolOptions options;
        options.dsn = dsn("postgres");
        options.size = 1;
        db::Pool pool(options, metrics);
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

int patience() {
    const auto* given = std::getenv("SONDE_TEST_PATIENCE");
    return given == nullptr ? 1 : std::max(std::atoi(given), 1);
}

PostgresServer::PostgresServer(bool migrated) : impl_(std::make_unique<Impl>()) {
    impl_->initialise();
    start_on_free_port(impl_->log, [this](int port) { impl_->start(port); }, [this](int) { return impl_->ready(); });
    // `create database` cannot run inside a transaction, which is all that a pool gives; the one we have is as empty as a new one.
    if (!migrated) return;
    metrics::Registry metrics;
    db::PoolOptions options;
    options.dsn = dsn();
    options.size = 1;
    db::Pool pool(options, metrics);
    if (const auto report = db::migrate(pool); !report) throw std::runtime_error(report.error().message);
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

// ── nats-server ──────────────────────────────────────────────────────────────────────────────────────────────────────

struct NatsServer::Impl {
    TempDir dir;
    fs::path log = dir.path() / "log";
    fs::path store = dir.path() / "store";
    fs::path config = dir.path() / "nats.conf";
    std::string program = find_program("nats-server");
    int port = 0;
    std::unique_ptr<Child> server;

    void start(int on_port) {
        port = on_port;
        std::ofstream(config) << "listen: 127.0.0.1:" << port << "\njetstream { store_dir: \"" << store.string()
                              << "\", max_mem: 128MB, max_file: 2GB }\n" << extra;
        std::error_code ignored;
        fs::remove(log, ignored);
        server = std::make_unique<Child>(std::vector<std::string>{program, "-c", config.string()}, log, User{});
    }

    // By its own log, for another server may have got the port before us.
    bool ready() {
        bool is_ready = false;
        eventually(
            [&] {
                is_ready = text_of(log).find("Server is ready") != std::string::npos && accepts(port);
                return is_ready || !server->running();
            },
            kStartDeadlineMs);
        return is_ready && server->running();
    }

    std::string extra;
};

NatsServer::NatsServer(const std::string& extra_config) : impl_(std::make_unique<Impl>()) {
    impl_->extra = extra_config;
    start_on_free_port(impl_->log, [this](int port) { impl_->start(port); }, [this](int) { return impl_->ready(); });
}

NatsServer::~NatsServer() = default;

std::string NatsServer::url() const { return "nats://127.0.0.1:" + std::to_string(impl_->port); }
void NatsServer::kill_hard() { impl_->server->kill_hard(); }
void NatsServer::freeze() { impl_->server->freeze(); }
void NatsServer::thaw() { impl_->server->signal(SIGCONT); }

void NatsServer::restart() {
    impl_->server->kill_hard();
    impl_->start(impl_->port);
    if (!impl_->ready()) throw std::runtime_error("nats-server does not start again: " + text_of(impl_->log));
}

void NatsServer::delete_store() {
    if (impl_->server->running()) throw std::runtime_error("the store of a running server is not to be deleted");
    fs::remove_all(impl_->store);
}

}  // namespace sonde::test
