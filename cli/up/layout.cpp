#include "cli/up/layout.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/failure.h"
#include "cli/up/file.h"

namespace sonde::cli::up {
namespace {

constexpr std::uint64_t kLeastFree = 256ULL << 20U;

void make_directory(const fs::path& dir, unsigned mode) {
    if (::mkdir(dir.c_str(), mode) != 0 && errno != EEXIST) {
        throw Failure{"cannot make the directory " + dir.string() + ": " + std::strerror(errno)};
    }
}

void require_space(const fs::path& dir) {
    struct statvfs disk {};
    if (::statvfs(dir.c_str(), &disk) != 0) return;
    const auto free = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
    if (free < kLeastFree) {
        throw Failure{"the disk of " + dir.string() + " is full: " + std::to_string(free >> 20U) + " MiB are free, " +
                      std::to_string(kLeastFree >> 20U) + " MiB are needed to start"};
    }
}

Layout at(const std::string& dir) { return Layout{fs::absolute(dir).lexically_normal()}; }

}  // namespace

Layout open_layout(const std::string& dir) {
    const auto layout = at(dir);
    std::error_code failed;
    fs::create_directories(layout.dir.parent_path(), failed);
    // The database's own user must be able to pass through, so root's directory may be entered; nothing in it may be read.
    make_directory(layout.dir, ::geteuid() == 0 ? 0711 : 0700);
    if (!fs::is_directory(layout.dir)) throw Failure{layout.dir.string() + " is not a directory"};
    require_space(layout.dir);
    if (!fs::exists(layout.marker())) {
        if (!fs::is_empty(layout.dir, failed) && !failed) {
            throw Failure{layout.dir.string() + " is not empty and holds no data of Sonde; name another directory with --data"};
        }
        write_file(layout.marker(), "1\n", 0644);
    }
    if (::access(layout.dir.c_str(), W_OK) != 0) throw Failure{layout.dir.string() + " cannot be written: " + std::strerror(errno)};
    for (const auto* name : {"secrets", "config", "log", "run", "spool", "nats"}) make_directory(layout.dir / name, 0700);
    return layout;
}

Layout existing_layout(const std::string& dir) {
    auto layout = at(dir);
    if (!fs::exists(layout.marker())) throw Failure{layout.dir.string() + " holds no data of Sonde"};
    return layout;
}

void remove_data(const std::string& dir) {
    const auto layout = at(dir);
    if (!fs::exists(layout.marker())) return;
    std::error_code failed;
    if (fs::is_symlink(layout.postgres())) {
        const auto elsewhere = fs::read_symlink(layout.postgres(), failed);
        if (!failed) fs::remove_all(elsewhere, failed);
    }
    // The marker goes last: what an interrupted removal leaves is still known to be ours. The lock stays with its holder.
    for (const auto& entry : fs::directory_iterator(layout.dir)) {
        if (entry.path() == layout.marker() || entry.path() == layout.lock()) continue;
        fs::remove_all(entry.path(), failed);
        if (failed) throw Failure{"cannot remove " + entry.path().string() + ": " + failed.message()};
    }
}

std::optional<DirectoryLock> DirectoryLock::take(const Layout& layout) {
    const int fd = ::open(layout.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) throw Failure{"cannot open " + layout.lock().string() + ": " + std::strerror(errno)};
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return DirectoryLock{fd};
    ::close(fd);
    return std::nullopt;
}

DirectoryLock::~DirectoryLock() {
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace sonde::cli::up
