#include "tests/support/child.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace sonde::test {

namespace fs = std::filesystem;

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

int patience() {
    const auto* given = std::getenv("SONDE_TEST_PATIENCE");
    return given == nullptr ? 1 : std::max(std::atoi(given), 1);
}

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

namespace {

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

}  // namespace

Child::Child(const std::vector<std::string>& command, const fs::path& log, User user) {
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

bool Child::running() {
    if (pid_ > 0 && ::waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
    return pid_ > 0;
}

void Child::signal(int number) {
    if (pid_ > 0) ::kill(pid_, number);
}

void Child::freeze() {
    signal(SIGSTOP);
    eventually([this] { return is_stopped(pid_); }, 5000);
}

void Child::kill_family() {
    if (pid_ <= 0) return;
    freeze();  // no more of them
    std::istringstream children(text_of(proc(pid_) / "task" / std::to_string(pid_) / "children"));
    std::vector<pid_t> pids;
    for (pid_t child = 0; children >> child;) pids.push_back(child);
    kill_hard();
    for (const auto child : pids) ::kill(child, SIGKILL);
    eventually([&pids] { return std::all_of(pids.begin(), pids.end(), is_gone); }, 5000);
}

void Child::kill_hard() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, &status_, 0);
    pid_ = -1;
}

bool Child::succeeded() const { return WIFEXITED(status_) && WEXITSTATUS(status_) == 0; }

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

}  // namespace sonde::test
