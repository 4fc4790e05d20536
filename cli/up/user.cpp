#include "cli/up/user.h"

#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/failure.h"

namespace sonde::cli::up {

std::optional<User> server_user() {
    if (::geteuid() != 0) return std::nullopt;
    for (const auto* name : {"postgres", "nobody"}) {
        if (const auto* entry = ::getpwnam(name)) return User{name, entry->pw_uid, entry->pw_gid};
    }
    throw Failure{"PostgreSQL does not run as root, and there is neither a user `postgres` nor a user `nobody`"};
}

bool become(const User& user) noexcept {
    return ::setgroups(0, nullptr) == 0 && ::setresgid(user.gid, user.gid, user.gid) == 0 &&
           ::setresuid(user.uid, user.uid, user.uid) == 0;
}

bool can_reach(const User& user, const std::filesystem::path& dir) {
    const pid_t child = ::fork();
    if (child < 0) throw Failure{"cannot start a process"};
    if (child == 0) ::_exit(become(user) && ::chdir(dir.c_str()) == 0 ? 0 : 1);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace sonde::cli::up
