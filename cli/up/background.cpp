#include "cli/up/background.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include "cli/failure.h"

namespace sonde::cli::up {
namespace {

volatile sig_atomic_t worker = 0;

extern "C" void pass_on(int number) { ::kill(worker, number); }

}  // namespace

int in_background(const std::function<int(const std::function<void()>& ready)>& work) {
    int word[2];
    if (::pipe2(word, O_CLOEXEC) != 0) throw Failure{"cannot make a pipe"};
    const pid_t pid = ::fork();
    if (pid < 0) throw Failure{"cannot start a process"};
    if (pid == 0) {
        ::close(word[0]);
        ::setsid();
        const auto ready = [&] {
            const int null = ::open("/dev/null", O_RDWR);
            for (const int fd : {0, 1, 2}) ::dup2(null, fd);
            ::close(null);
            [[maybe_unused]] const auto n = ::write(word[1], "1", 1);
            ::close(word[1]);
        };
        int code = kFailed;
        try {
            code = work(ready);
        } catch (const Failure& failure) {
            std::fprintf(stderr, "sonde: %s\n", failure.what());
            code = failure.exit_code();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "sonde: %s\n", error.what());
        }
        std::fflush(nullptr);
        ::_exit(code);
    }
    ::close(word[1]);
    worker = pid;
    ::signal(SIGINT, pass_on);
    ::signal(SIGTERM, pass_on);
    char byte = 0;
    ssize_t n = 0;
    while ((n = ::read(word[0], &byte, 1)) < 0 && errno == EINTR) {}
    ::close(word[0]);
    if (n == 1) return kOk;
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : kFailed;
}

}  // namespace sonde::cli::up
