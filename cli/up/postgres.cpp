#include "cli/up/postgres.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "cli/failure.h"
#include "cli/up/file.h"
#include "cli/up/tool.h"
#include "lib/crypto/crypto.h"

namespace sonde::cli::up {
namespace {

constexpr int kNiceness = 10;  // as the engine's: each waits for the other
constexpr int kOldest = 14;
constexpr int kNewest = 18;

// Small, for a machine that has other work, and durable: nothing is said to be committed that a power cut could undo.
constexpr std::string_view kSettings = R"(# Sonde's settings. What stands in postgresql.conf after the line that includes this file wins.
unix_socket_directories = ''
max_connections = 60
superuser_reserved_connections = 3
shared_buffers = 48MB
work_mem = 4MB
maintenance_work_mem = 32MB
effective_cache_size = 256MB
max_parallel_workers_per_gather = 0
max_worker_processes = 4
jit = off                           # compiling a plan takes longer than any statement of ours

fsync = on
synchronous_commit = on
wal_level = minimal                 # nobody replicates from a private server
max_wal_senders = 0
wal_buffers = 4MB
track_commit_timestamp = on         # when a result was there to be seen, for whoever measures
min_wal_size = 80MB
max_wal_size = 512MB
checkpoint_timeout = 10min
checkpoint_completion_target = 0.9

autovacuum_max_workers = 2
autovacuum_naptime = 30s
autovacuum_vacuum_cost_limit = 1000

password_encryption = scram-sha-256
log_timezone = 'UTC'
timezone = 'UTC'
log_destination = 'stderr'
log_line_prefix = '%m [%p] %a '
log_min_duration_statement = 1s
log_checkpoints = off
log_autovacuum_min_duration = 10s
)";

fs::path find_programs(const fs::path& data) {
    if (const char* chosen = std::getenv("SONDE_POSTGRES_BIN"); chosen != nullptr) return chosen;
    const auto below = [](int version) { return fs::path{"/usr/lib/postgresql"} / std::to_string(version) / "bin"; };
    if (const auto version = read_file(data / "PG_VERSION")) {
        // Data of one major version is served by that version alone.
        const auto place = below(std::atoi(version->c_str()));
        if (fs::exists(place / "postgres")) return place;
        throw Failure{"the data in " + data.string() + " is of PostgreSQL " + version->substr(0, version->find('\n')) + ", which is not installed"};
    }
    for (int version = kNewest; version >= kOldest; --version) {
        if (fs::exists(below(version) / "initdb")) return below(version);
    }
    const auto found = find_program("initdb", {});
    if (found.empty()) throw Failure{"PostgreSQL is not installed (apt-get install postgresql)"};
    return found.parent_path();
}

}  // namespace

Postgres::Postgres(const Layout& layout, Say& say) : layout_(layout), user_(server_user()), data_(layout.postgres()) {
    choose_place(say);
    programs_ = find_programs(data_);
    password_ = secret_in(layout.secret("postgres"));
    if (!fs::exists(data_ / "PG_VERSION")) initialise();
}

void Postgres::choose_place(Say& say) {
    if (fs::exists(data_) || !user_ || can_reach(*user_, layout_.dir)) return;
    // A directory below /root, for one: everything stays there but the database, which has to be where its user may go.
    const auto name = crypto::hex(crypto::sha256(layout_.dir.string())).substr(0, 16);
    const auto place = fs::path{"/var/lib/sonde"} / name / "postgres";
    std::error_code failed;
    fs::create_directories(place.parent_path(), failed);
    if (failed) throw Failure{"cannot make " + place.parent_path().string() + ": " + failed.message()};
    // Only this user's server needs to write here, as initdb makes the directory itself.
    if (::chown(place.parent_path().c_str(), user_->uid, user_->gid) != 0) throw Failure{"cannot give " + place.string() + " to " + user_->name};
    fs::create_symlink(place, layout_.postgres(), failed);
    if (failed && failed != std::errc::file_exists) throw Failure{"cannot link " + layout_.postgres().string() + ": " + failed.message()};
    say.line("PostgreSQL runs as user " + user_->name + ", who cannot reach " + layout_.dir.string() + ": its data is in " + place.string());
}

void Postgres::initialise() {
    const bool elsewhere = fs::is_symlink(layout_.postgres());
    const auto place = elsewhere ? fs::read_symlink(layout_.postgres()) : layout_.postgres();
    // Made beside and renamed when whole: a first start that is interrupted begins anew.
    auto fresh = place;
    fresh += ".new";
    std::error_code failed;
    fs::remove_all(fresh, failed);
    if (::mkdir(fresh.c_str(), 0700) != 0) throw Failure{"cannot make " + fresh.string() + ": " + std::strerror(errno)};
    const auto own = [&](const fs::path& path) {
        if (user_ && ::chown(path.c_str(), user_->uid, user_->gid) != 0) throw Failure{"cannot give " + path.string() + " to " + user_->name};
    };
    own(fresh);
    // initdb takes the password from a file, and its directory must be empty: the file lies beside it.
    auto password_file = place;
    password_file += ".password";
    write_file(password_file, password_ + "\n");
    own(password_file);
    run_tool({programs_ / "initdb", "--pgdata=" + fresh.string(), "--username=sonde", "--auth=scram-sha-256", "--pwfile=" + password_file.string(),
              "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions", "--no-sync"});
    fs::remove(password_file, failed);
    write_file(fresh / "sonde.conf", kSettings);
    own(fresh / "sonde.conf");
    const auto defaults = read_file(fresh / "postgresql.conf").value_or("");
    write_file(fresh / "postgresql.conf", defaults + "\ninclude = 'sonde.conf'\n");
    own(fresh / "postgresql.conf");
    run_tool({programs_ / "postgres", "--single", "-D", fresh, "postgres"}, "create database sonde\n");
    ::sync();
    fs::rename(fresh, place, failed);
    if (failed) throw Failure{"cannot rename " + fresh.string() + ": " + failed.message()};
}

std::string Postgres::run_tool(const std::vector<std::string>& arguments, const std::string& input) const {
    const auto result = up::run_tool(arguments, user_, input);
    if (result.exit_code == 0) return result.output;
    auto text = result.output;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    throw Failure{fs::path{arguments[0]}.filename().string() + " failed: " + text.substr(text.rfind('\n') + 1)};
}

Program Postgres::program(int port) const {
    Program program;
    program.name = "postgres";
    program.tier = Tier::database;
    program.arguments = {programs_ / "postgres", "-D", fs::canonical(data_), "-c", "listen_addresses=127.0.0.1", "-c", "port=" + std::to_string(port)};
    program.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"};
    program.log = layout_.log("postgres");
    program.user = user_;
    program.niceness = kNiceness;
    program.stop_signal = SIGINT;   // fast: rolls back what is open, and ends clean
    program.quit_signal = SIGQUIT;  // immediate: recovers at the next start
    program.stop_deadline = milliseconds{30'000};
    program.port = port;
    return program;
}

bool Postgres::is_ready(pid_t server) const {
    // Line 1 is the server's number, line 8 its state, padded: as pg_ctl reads it.
    std::istringstream file(read_file(data_ / "postmaster.pid").value_or(""));
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines.size() >= 8 && lines[0] == std::to_string(server) && lines[7].starts_with("ready");
}

Secret Postgres::dsn(int port) const {
    return Secret{"postgresql://sonde:" + password_ + "@127.0.0.1:" + std::to_string(port) + "/sonde"};
}

}  // namespace sonde::cli::up
