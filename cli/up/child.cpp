#include "cli/up/child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include "cli/failure.h"

namespace sonde::cli::up {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
    out.push_back(nullptr);
    return out;
}

// Field 3 (state) and field 22 (start time) of /proc/<pid>/stat; the name in field 2 may hold anything but ends at the last `)`.
bool read_stat(pid_t pid, char& state, std::uint64_t& started) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(in, text);
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return false;
    std::istringstream rest(text.substr(name_end + 1));
    std::string field;
    rest >> state;
    for (int i = 4; i <= 21; ++i) rest >> field;
    return static_cast<bool>(rest >> started);
}

}  // namespace

std::optional<ProcessId> ProcessId::of(pid_t pid) {
    char state = 0;
    ProcessId id{pid, 0};
    if (pid <= 0 || !read_stat(pid, state, id.started)) return std::nullopt;
    return id;
}

bool ProcessId::alive() const {
    char state = 0;
    std::uint64_t now_started = 0;
    return pid > 0 && read_stat(pid, state, now_started) && now_started == started && state != 'Z' && state != 'X';
}

ProcessId start(const Program& program) {
    const auto arguments = pointers(program.arguments);
    const auto environment = pointers(program.environment);
    const int log = ::open(program.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) throw Failure{"cannot write " + program.log.string() + ": " + std::strerror(errno)};
    int told[2];  // the child writes the reason if it cannot become the program
    if (::pipe2(told, O_CLOEXEC) != 0) {
        ::close(log);
        throw Failure{std::string{"cannot make a pipe: "} + std::strerror(errno)};
    }
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) {
        // Only calls that are safe after fork in a process with threads.
        ::setpgid(0, 0);
        [[maybe_unused]] const int nicer = ::nice(program.niceness);
        const int null = ::open("/dev/null", O_RDONLY);
        ::dup2(null, 0);
        ::dup2(log, 1);
        ::dup2(log, 2);
        rlimit files{};
        if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
            files.rlim_cur = files.rlim_max;
            ::setrlimit(RLIMIT_NOFILE, &files);
        }
        bool well = !program.user || become(*program.user);
        // After the change of user, which clears it; then ask whether the parent died in between.
        ::prctl(PR_SET_PDEATHSIG, program.stop_signal);
        if (::getppid() != parent) ::_exit(127);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::signal(SIGPIPE, SIG_DFL);
        if (well) ::execve(arguments[0], arguments.data(), environment.data());
        const int reason = errno;
        [[maybe_unused]] const auto n = ::write(told[1], &reason, sizeof reason);
        ::_exit(127);
    }
    const int fork_reason = errno;
    ::close(told[1]);
    ::close(log);
    int reason = 0;
    const bool failed = pid > 0 && ::read(told[0], &reason, sizeof reason) == static_cast<ssize_t>(sizeof reason);
    ::close(told[0]);
    if (pid < 0) throw Failure{"cannot start " + program.name + ": " + std::strerror(fork_reason)};
    if (failed) {
        ::waitpid(pid, nullptr, 0);
        throw Failure{"cannot start " + program.arguments[0] + ": " + std::strerror(reason)};
    }
    return ProcessId::of(pid).value_or(ProcessId{pid, 0});
}

std::string describe_end(int wait_status) {
    if (WIFSIGNALED(wait_status)) {
        const int number = WTERMSIG(wait_status);
        return "was ended by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
    }
    return "exited with code " + std::to_string(WEXITSTATUS(wait_status));
}

}  // namespace sonde::cli::up
