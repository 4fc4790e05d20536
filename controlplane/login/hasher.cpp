#include "controlplane/login/hasher.h"

#include <chrono>

#include "lib/crypto/crypto.h"

namespace sonde::login {
namespace {

constexpr std::chrono::milliseconds kPatience{3'000};

}  // namespace

// One of those that hash. As many wait as are at work, so that the API's workers are never all in here.
class Hasher::Place {
public:
    explicit Place(Hasher& hasher) : hasher_(hasher) {
        std::unique_lock lock(hasher_.mutex_);
        if (hasher_.running_ >= hasher_.at_once_) {
            if (hasher_.waiting_ >= hasher_.at_once_) throw Busy{};
            ++hasher_.waiting_;
            const bool free = hasher_.freed_.wait_for(lock, kPatience, [this] { return hasher_.running_ < hasher_.at_once_; });
            --hasher_.waiting_;
            if (!free) throw Busy{};
        }
        ++hasher_.running_;
    }
    ~Place() {
        {
            const std::lock_guard lock(hasher_.mutex_);
            --hasher_.running_;
        }
        hasher_.freed_.notify_one();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    Hasher& hasher_;
};

std::string Hasher::hash(const Secret& password) {
    const Place place(*this);
    return account::hash_password(password, cost_);
}

bool Hasher::verify(const std::optional<std::string>& hash, const Secret& password) {
    const Place place(*this);
    if (hash) return account::verify_password(*hash, password);
    std::string nobodys;
    {
        const std::lock_guard lock(mutex_);
        nobodys = nobodys_;
    }
    if (nobodys.empty()) {
        // The first time it is the hashing itself that takes as long.
        nobodys = account::hash_password(Secret(crypto::random_bytes(16)), cost_);
        const std::lock_guard lock(mutex_);
        nobodys_ = nobodys;
        return false;
    }
    account::verify_password(nobodys, password);
    return false;
}

}  // namespace sonde::login
