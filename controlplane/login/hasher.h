// Passwords hashed and verified, a few at a time: each takes memory and a processor for a tenth of a second.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "lib/account/password.h"

namespace sonde::login {

// Thread-safe. Blocks the calling thread: hold no transaction meanwhile that others wait for.
class Hasher {
public:
    // Thrown where too many wait already, or for too long: come again.
    struct Busy {};

    Hasher(account::HashingCost cost, int at_once) : cost_(cost), at_once_(at_once) {}

    // Throws Busy, and std::runtime_error without memory.
    std::string hash(const Secret& password);
    // Without a hash it takes as long, and is false. Throws Busy.
    bool verify(const std::optional<std::string>& hash, const Secret& password);
    [[nodiscard]] bool needs_rehash(const std::string& hash) const { return account::needs_rehash(hash, cost_); }

private:
    class Place;

    const account::HashingCost cost_;
    const int at_once_;
    std::mutex mutex_;
    std::condition_variable freed_;
    int running_ = 0;
    int waiting_ = 0;
    std::string nobodys_;  // what is verified where there is no hash
};

}  // namespace sonde::login
