// The data directory of `sonde up`: where everything is, and that it is ours.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace sonde::cli::up {

namespace fs = std::filesystem;

struct Layout {
    fs::path dir;  // absolute

    [[nodiscard]] fs::path marker() const { return dir / ".sonde"; }
    [[nodiscard]] fs::path lock() const { return dir / "up.lock"; }
    [[nodiscard]] fs::path pid_file() const { return dir / "up.pid"; }
    [[nodiscard]] fs::path state() const { return dir / "state.json"; }
    [[nodiscard]] fs::path endpoints() const { return dir / "endpoints.json"; }
    [[nodiscard]] fs::path ports() const { return dir / "ports.json"; }
    [[nodiscard]] fs::path admin_token() const { return dir / "admin-token"; }
    [[nodiscard]] fs::path secret(const std::string& name) const { return dir / "secrets" / name; }
    [[nodiscard]] fs::path config(const std::string& file) const { return dir / "config" / file; }
    [[nodiscard]] fs::path log(const std::string& name) const { return dir / "log" / (name + ".log"); }
    [[nodiscard]] fs::path ready(const std::string& name) const { return dir / "run" / (name + ".ready"); }
    [[nodiscard]] fs::path spool(const std::string& agent) const { return dir / "spool" / agent; }
    [[nodiscard]] fs::path status_pages(const std::string& controlplane) const { return dir / "status-pages" / controlplane; }
    [[nodiscard]] fs::path nats_store() const { return dir / "nats"; }
    [[nodiscard]] fs::path postgres() const { return dir / "postgres"; }  // may be a link to where the server's user can reach it
};

// Makes the directory and what is in it. Throws Failure if it cannot be written, is not empty and not ours, or the disk is nearly full.
Layout open_layout(const std::string& dir);

// The layout of a directory that is there already; throws Failure if it is not one of ours.
Layout existing_layout(const std::string& dir);

// Removes all data of a directory of ours, the database's included if that lies elsewhere. Does nothing to any other directory.
void remove_data(const std::string& dir);

// The lock that at most one supervisor of a directory holds. It ends with the process, however that ends.
class DirectoryLock {
public:
    // Nothing if another process holds it.
    static std::optional<DirectoryLock> take(const Layout& layout);
    ~DirectoryLock();
    DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    DirectoryLock& operator=(DirectoryLock&&) = delete;

private:
    explicit DirectoryLock(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace sonde::cli::up
