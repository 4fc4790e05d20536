#include <sodium.h>
#include <sys/stat.h>

#include <chrono>
#include <mutex>
#include <stdexcept>
#include <tuple>

#include "lib/crypto/crypto.h"
#include "lib/crypto/key_file.h"

namespace sonde::crypto {
namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::string_view kSealVersion = "\x01";  // the first byte of every sealed value, for the day the cipher changes
constexpr std::chrono::seconds kLook{1};           // at most as often a file is looked at

const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// What tells one content of a file from another without reading it: it is replaced, never written into.
using Mark = std::tuple<ino_t, off_t, time_t, long>;

Mark mark_of(const std::string& file) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) return {};
    return {info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

std::optional<std::string> open_with(const std::string& key, std::string_view nonce, std::string_view cipher, std::string_view context) {
    std::string plain(cipher.size() - kTagBytes, '\0');
    unsigned long long size = 0;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(raw(plain), &size, nullptr, raw(cipher), cipher.size(), raw(context),
                                                   context.size(), raw(nonce), raw(key)) != 0) {
        return std::nullopt;
    }
    return plain;
}

}  // namespace

// The keys, as they are in the file now. Thread-safe.
class SecretBox::Ring {
public:
    explicit Ring(key_file::Keys keys) : keys_(std::make_shared<const key_file::Keys>(std::move(keys))) {
        if (sodium_init() < 0) throw std::runtime_error("the system has no source of random numbers");
    }
    Ring(key_file::Keys keys, std::string file, Mark mark) : Ring(std::move(keys)) {
        file_ = std::move(file);
        mark_ = mark;
    }

    std::shared_ptr<const key_file::Keys> keys() {
        const std::lock_guard lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        if (now >= next_look_) {
            next_look_ = now + kLook;
            look();
        }
        return keys_;
    }

    // Looks at the file at once; nothing if it is as it was.
    std::shared_ptr<const key_file::Keys> newer() {
        const std::lock_guard lock(mutex_);
        return look() ? keys_ : nullptr;
    }

private:
    // What cannot be read is as if it had not changed: what was good goes on.
    bool look() {
        if (file_.empty()) return false;
        const auto mark = mark_of(file_);
        if (mark == mark_ || mark == Mark{}) return false;
        auto keys = key_file::read(file_);
        if (!keys) return false;
        mark_ = mark;
        keys_ = std::make_shared<const key_file::Keys>(std::move(*keys));
        return true;
    }

    std::mutex mutex_;
    std::shared_ptr<const key_file::Keys> keys_;
    std::string file_;
    Mark mark_{};
    std::chrono::steady_clock::time_point next_look_{};
};

SecretBox::SecretBox(std::shared_ptr<Ring> ring) : ring_(std::move(ring)) {}
SecretBox::SecretBox(std::string key) : SecretBox(std::make_shared<Ring>(key_file::Keys{std::move(key)})) {}

Result<SecretBox> SecretBox::from_key_file(const std::string& file) {
    const auto mark = mark_of(file);
    auto keys = key_file::read(file);
    if (!keys) return keys.error();
    return SecretBox{std::make_shared<Ring>(std::move(*keys), file, mark)};
}

Status SecretBox::make_key_file(const std::string& file) { return key_file::make(file); }

std::string SecretBox::seal(const Secret& secret, std::string_view context) const {
    const auto keys = ring_->keys();
    const auto nonce = random_bytes(kNonceBytes);
    const auto& plain = secret.reveal();
    std::string cipher(plain.size() + kTagBytes, '\0');
    unsigned long long size = 0;
    crypto_aead_xchacha20poly1305_ietf_encrypt(raw(cipher), &size, raw(plain), plain.size(), raw(context), context.size(),
                                               nullptr, raw(nonce), raw(keys->front()));
    return std::string(kSealVersion) + nonce + cipher;
}

Result<SecretBox::Opened> SecretBox::look_into(std::string_view sealed, std::string_view context) const {
    if (!sealed.starts_with(kSealVersion) || sealed.size() < kSealVersion.size() + kNonceBytes + kTagBytes) {
        return Error{"the sealed value is not one of ours"};
    }
    sealed.remove_prefix(kSealVersion.size());
    const auto nonce = sealed.substr(0, kNonceBytes);
    const auto cipher = sealed.substr(kNonceBytes);
    // Who seals may have read the file's newest key before us.
    for (auto keys = ring_->keys(); keys != nullptr; keys = ring_->newer()) {
        for (std::size_t i = 0; i < keys->size(); ++i) {
            if (auto plain = open_with((*keys)[i], nonce, cipher, context)) return Opened{Secret{std::move(*plain)}, i == 0};
        }
    }
    return Error{"the sealed value does not open: another key, another place, or damage"};
}

Result<Secret> SecretBox::open(std::string_view sealed, std::string_view context) const {
    auto opened = look_into(sealed, context);
    if (!opened) return opened.error();
    return std::move(opened->secret);
}

}  // namespace sonde::crypto
