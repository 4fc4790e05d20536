#include "cli/up/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "cli/failure.h"
#include "lib/crypto/crypto.h"

namespace sonde::cli::up {
namespace {

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& file) {
    throw Failure{what + " " + file.string() + ": " + std::strerror(errno)};
}

void write_all(int fd, std::string_view text, const std::filesystem::path& file) {
    while (!text.empty()) {
        const auto n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            const int reason = errno;
            ::close(fd);
            ::unlink(file.c_str());
            errno = reason;
            fail("cannot write", file);
        }
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

}  // namespace

void write_file(const std::filesystem::path& file, std::string_view text, unsigned mode) {
    auto fresh = file;
    fresh += ".new";
    ::unlink(fresh.c_str());
    const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) fail("cannot write", fresh);
    write_all(fd, text, fresh);
    ::fsync(fd);
    ::close(fd);
    if (::rename(fresh.c_str(), file.c_str()) != 0) fail("cannot write", file);
}

std::optional<std::string> read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        if (errno == ENOENT) return std::nullopt;
        fail("cannot read", file);
    }
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string secret_in(const std::filesystem::path& file) {
    if (const auto text = read_file(file); text && !text->empty()) return text->substr(0, text->find('\n'));
    const auto secret = crypto::base64url(crypto::random_bytes(24));
    write_file(file, secret + "\n");
    return secret;
}

std::string tail_of(const std::filesystem::path& file, int lines) {
    constexpr std::size_t kAtMost = 8192;
    std::ifstream in(file, std::ios::binary | std::ios::ate);
    if (!in) return {};
    const auto size = static_cast<std::size_t>(in.tellg());
    const auto take = std::min(size, kAtMost);
    std::string text(take, '\0');
    in.seekg(static_cast<std::streamoff>(size - take));
    in.read(text.data(), static_cast<std::streamsize>(take));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    auto begin = text.size();
    for (int i = 0; i < lines && begin != 0 && begin != std::string::npos; ++i) begin = text.rfind('\n', begin - 1);
    text.erase(0, begin == std::string::npos ? 0 : begin + (begin < text.size() && text[begin] == '\n' ? 1 : 0));
    if (text.empty()) return {};
    std::string out = "  ";
    for (const char c : text) {
        out += c;
        if (c == '\n') out += "  ";
    }
    return out;
}

}  // namespace sonde::cli::up
