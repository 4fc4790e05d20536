// PostgreSQL refuses to run as root: then its server runs as another user, who must be able to reach its data.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace sonde::cli::up {

struct User {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
};

// Nothing when we are not root: then everything runs as we do. Otherwise `postgres`, or `nobody` where there is no such user.
std::optional<User> server_user();

// Whether `user` may pass through every directory down to `dir`. Asks the system, in a process that has become that user.
bool can_reach(const User& user, const std::filesystem::path& dir);

// Never returns to the caller's identity: for a child between fork and exec. False if it failed.
bool become(const User& user) noexcept;

}  // namespace sonde::cli::up
