#include "cli/up/tool.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "cli/failure.h"

namespace sonde::cli::up {

ToolResult run_tool(const std::vector<std::string>& arguments, const std::optional<User>& user, const std::string& input) {
    constexpr std::size_t kKept = 64U << 10U;
    std::vector<char*> argv;
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char locale[] = "LC_ALL=C.UTF-8";
    char* environment[] = {path, locale, nullptr};
    int in[2];
    int out[2];
    if (::pipe(in) != 0 || ::pipe(out) != 0) throw Failure{"cannot make a pipe"};
    const pid_t pid = ::fork();
    if (pid < 0) throw Failure{"cannot start " + arguments[0] + ": " + std::strerror(errno)};
    if (pid == 0) {
        ::dup2(in[0], 0);
        ::dup2(out[1], 1);
        ::dup2(out[1], 2);
        for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        if ((!user || become(*user)) && ::chdir("/") == 0) ::execve(argv[0], argv.data(), environment);
        ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    [[maybe_unused]] const auto sent = ::write(in[1], input.data(), input.size());  // less than a pipe holds
    ::close(in[1]);
    ToolResult result;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(out[0], buffer, sizeof buffer)) != 0;) {
        if (n < 0) {
            if (errno == EINTR) continue;
            break;
        }
        result.output.append(buffer, static_cast<std::size_t>(n));
        if (result.output.size() > kKept) result.output.erase(0, result.output.size() - kKept);
    }
    ::close(out[0]);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

std::filesystem::path find_program(const std::string& name, const std::vector<std::filesystem::path>& directories) {
    auto places = directories;
    const char* path = std::getenv("PATH");
    std::istringstream list(path == nullptr ? "" : path);
    for (std::string dir; std::getline(list, dir, ':');) places.emplace_back(dir);
    for (const auto& dir : places) {
        if (::access((dir / name).c_str(), X_OK) == 0) return dir / name;
    }
    return {};
}

}  // namespace sonde::cli::up
