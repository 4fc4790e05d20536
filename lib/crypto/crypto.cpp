#include "lib/crypto/crypto.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace sonde::crypto {
namespace {

constexpr std::size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::string_view kSealVersion = "\x01";  // the first byte of every sealed value, for the day the cipher changes

void ready() {
    static const int state = sodium_init();
    if (state < 0) throw std::runtime_error("the system has no source of random numbers");
}

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string encode_base64(std::string_view data, int variant) {
    ready();
    std::string text(sodium_base64_encoded_len(data.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes(data), data.size(), variant);
    text.pop_back();  // the terminating zero
    return text;
}

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

}  // namespace

std::string random_bytes(std::size_t count) {
    ready();
    std::string data(count, '\0');
    randombytes_buf(data.data(), data.size());
    return data;
}

Secret random_token(std::string_view prefix) { return Secret{std::string(prefix) + base64url(random_bytes(32))}; }

std::string sha256(std::string_view data) {
    std::string digest(32, '\0');
    unsigned int size = 0;
    if (EVP_Digest(data.data(), data.size(), bytes(digest), &size, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 is not available");
    }
    return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
    std::string digest(32, '\0');
    unsigned int size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(data), data.size(), bytes(digest), &size) == nullptr) {
        throw std::runtime_error("HMAC-SHA-256 is not available");
    }
    return digest;
}

std::string hex(std::string_view data) {
    std::string text;
    text.reserve(data.size() * 2);
    for (const char c : data) fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    return text;
}

std::string base64(std::string_view data) { return encode_base64(data, sodium_base64_VARIANT_ORIGINAL); }
std::string base64url(std::string_view data) { return encode_base64(data, sodium_base64_VARIANT_URLSAFE_NO_PADDING); }

std::optional<std::string> from_base64(std::string_view text) {
    ready();
    std::string data(text.size(), '\0');
    std::size_t size = 0;
    const char* end = nullptr;
    if (sodium_base642bin(bytes(data), data.size(), text.data(), text.size(), nullptr, &size, &end,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        end != text.data() + text.size()) {
        return std::nullopt;
    }
    data.resize(size);
    return data;
}

bool equal(std::string_view a, std::string_view b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

Result<SecretBox> SecretBox::from_key_file(const std::string& file) {
    const Descriptor key_file(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (key_file.fd < 0) return Error{fmt::format("cannot read the key file {}: {}", file, std::strerror(errno))};
    struct stat info {};
    if (::fstat(key_file.fd, &info) != 0 || !S_ISREG(info.st_mode)) return Error{fmt::format("the key file {} is not a file", file)};
    if ((info.st_mode & 077U) != 0) {
        return Error{fmt::format("the key file {} may be read by others than its owner (mode {:o}); make it 600", file, info.st_mode & 0777U)};
    }
    std::string text(128, '\0');
    const auto size = ::read(key_file.fd, text.data(), text.size());
    if (size < 0) return Error{fmt::format("cannot read the key file {}: {}", file, std::strerror(errno))};
    text.resize(static_cast<std::size_t>(size));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    auto key = from_base64(text);
    if (!key || key->size() != kKeyBytes) return Error{fmt::format("the key file {} does not hold {} bytes as base64", file, kKeyBytes)};
    return SecretBox{std::move(*key)};
}

Status SecretBox::make_key_file(const std::string& file) {
    const Descriptor key_file(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (key_file.fd < 0) {
        if (errno == EEXIST) return Done{};
        return Error{fmt::format("cannot make the key file {}: {}", file, std::strerror(errno))};
    }
    const auto text = base64(random_bytes(kKeyBytes)) + "\n";
    if (::write(key_file.fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(key_file.fd) != 0) {
        const auto reason = std::strerror(errno);
        ::unlink(file.c_str());  // half a key is worse than none
        return Error{fmt::format("cannot write the key file {}: {}", file, reason)};
    }
    return Done{};
}

std::string SecretBox::seal(const Secret& secret, std::string_view context) const {
    const auto nonce = random_bytes(kNonceBytes);
    const auto& plain = secret.reveal();
    std::string cipher(plain.size() + kTagBytes, '\0');
    unsigned long long size = 0;
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(cipher), &size, bytes(plain), plain.size(), bytes(context), context.size(),
                                               nullptr, bytes(nonce), bytes(key_));
    return std::string(kSealVersion) + nonce + cipher;
}

Result<Secret> SecretBox::open(std::string_view sealed, std::string_view context) const {
    ready();
    if (!sealed.starts_with(kSealVersion) || sealed.size() < kSealVersion.size() + kNonceBytes + kTagBytes) {
        return Error{"the sealed value is not one of ours"};
    }
    sealed.remove_prefix(kSealVersion.size());
    const auto nonce = sealed.substr(0, kNonceBytes);
    const auto cipher = sealed.substr(kNonceBytes);
    std::string plain(cipher.size() - kTagBytes, '\0');
    unsigned long long size = 0;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes(plain), &size, nullptr, bytes(cipher), cipher.size(), bytes(context),
                                                   context.size(), bytes(nonce), bytes(key_)) != 0) {
        return Error{"the sealed value does not open: another key, another place, or damage"};
    }
    return Secret{std::move(plain)};
}

}  // namespace sonde::crypto
