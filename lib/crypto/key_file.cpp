#include "lib/crypto/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "lib/crypto/crypto.h"

namespace sonde::crypto::key_file {
namespace {

constexpr std::size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t kMaxText = 64 * (kMaxKeys + 1);

// Closes a file descriptor when dropped.
struct Descriptor {
    int fd;
    explicit Descriptor(int descriptor) : fd(descriptor) {}
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
};

std::string why() { return std::strerror(errno); }

Result<Keys> parse(std::string_view text, const std::string& file) {
    Keys keys;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) continue;
        auto key = from_base64(line);
        if (!key || key->size() != kKeyBytes) {
            return Error{fmt::format("the key file {} does not hold {} bytes as base64 in each line", file, kKeyBytes)};
        }
        if (std::find(keys.begin(), keys.end(), *key) != keys.end()) return Error{fmt::format("the key file {} has a key twice", file)};
        keys.push_back(std::move(*key));
    }
    if (keys.empty()) return Error{fmt::format("the key file {} is empty", file)};
    if (keys.size() > kMaxKeys) return Error{fmt::format("the key file {} has more than {} keys", file, kMaxKeys)};
    return keys;
}

std::string write(const Keys& keys) {
    std::string text;
    for (const auto& key : keys) text += base64(key) + "\n";
    return text;
}

// With what is in it on the disk. Leaves `errno`.
bool put(int fd, std::string_view text) {
    return ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
}

}  // namespace

std::string new_key() { return random_bytes(kKeyBytes); }

Result<Keys> read(const std::string& file) {
    const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (opened.fd < 0) return Error{fmt::format("cannot read the key file {}: {}", file, why())};
    struct stat info {};
    if (::fstat(opened.fd, &info) != 0 || !S_ISREG(info.st_mode)) return Error{fmt::format("the key file {} is not a file", file)};
    if ((info.st_mode & 077U) != 0) {
        return Error{fmt::format("the key file {} may be read by others than its owner (mode {:o}); make it 600", file, info.st_mode & 0777U)};
    }
    std::string text(kMaxText, '\0');
    const auto size = ::read(opened.fd, text.data(), text.size());
    if (size < 0) return Error{fmt::format("cannot read the key file {}: {}", file, why())};
    if (static_cast<std::size_t>(size) == kMaxText) return Error{fmt::format("the key file {} is too large", file)};
    text.resize(static_cast<std::size_t>(size));
    return parse(text, file);
}

Result<Secret> read_one(const std::string& file) {
    auto keys = read(file);
    if (!keys) return keys.error();
    if (keys->size() != 1) return Error{fmt::format("the key file {} has {} keys, and may have one alone", file, keys->size())};
    return Secret{std::move(keys->front())};
}

Status make(const std::string& file) {
    const Descriptor made(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (made.fd < 0) {
        if (errno == EEXIST) return Done{};
        return Error{fmt::format("cannot make the key file {}: {}", file, why())};
    }
    if (!put(made.fd, write({new_key()}))) {
        const auto reason = why();
        ::unlink(file.c_str());  // half a key is worse than none
        return Error{fmt::format("cannot write the key file {}: {}", file, reason)};
    }
    return Done{};
}

Status replace(const std::string& file, const Keys& keys) {
    const auto beside = file + ".new";
    {
        struct stat before {};
        if (::stat(file.c_str(), &before) != 0) return Error{fmt::format("cannot read the key file {}: {}", file, why())};
        ::unlink(beside.c_str());  // of one that died
        const Descriptor made(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        // The services may run as another user than who turns the keys.
        if (made.fd < 0 || !put(made.fd, write(keys)) || ::fchown(made.fd, before.st_uid, before.st_gid) != 0 ||
            ::rename(beside.c_str(), file.c_str()) != 0) {
            const auto reason = why();
            ::unlink(beside.c_str());
            return Error{fmt::format("cannot write the key file {}: {}", file, reason)};
        }
    }
    const auto directory = std::filesystem::absolute(file).parent_path();
    const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.fd < 0 || ::fsync(opened.fd) != 0) return Error{fmt::format("cannot write the directory of the key file {}: {}", file, why())};
    return Done{};
}

}  // namespace sonde::crypto::key_file
