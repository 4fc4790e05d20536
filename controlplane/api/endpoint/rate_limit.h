// How much one client may ask for: a bucket of tokens for each kind of request, filled evenly. What it keeps is bounded, and is this control plane's own.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/http/message.h"
#include "lib/metrics/metrics.h"

namespace sonde::controlplane {

// One bucket each.
enum class Cost : unsigned char {
    read,
    write,
    costly,   // bulks, backtests, runs
    key,      // an Idempotency-Key, which is kept for a day
    refused,  // a request without a good token, by address
    recorded,  // a write that was not permitted, in the audit; those beyond are refused all the same
    view,      // of a status page, by address
    guess,     // a password given to a status page, by address
    subscribe,  // to a status page, by address
};

// So many at once, and as many again evenly over `window`. Pure.
struct Budget {
    int most = 0;  // 0: no limit
    std::chrono::seconds window{60};
};

struct Taken {
    bool allowed = true;
    int limit = 0;      // 0: there is none
    int remaining = 0;  // tokens left
    std::chrono::seconds full{0};   // until there are `limit` again
    std::chrono::seconds again{0};  // until there is one, if there is none
};

class Bucket {
public:
    explicit Bucket(MonotonicPoint now, const Budget& budget) : tokens_(budget.most), at_(now) {}
    Taken take(const Budget& budget, MonotonicPoint now);
    // As if it had never been used.
    [[nodiscard]] bool is_full(const Budget& budget, MonotonicPoint now) const;

private:
    [[nodiscard]] double tokens(const Budget& budget, MonotonicPoint now) const;
    double tokens_;
    MonotonicPoint at_;
};

struct RateLimits {
    Budget read{6'000};
    Budget write{3'000};
    Budget costly{120};
    Budget key{100'000, std::chrono::hours{24}};
    Budget refused{300};
    Budget recorded{60};
    Budget view{6'000};
    Budget guess{10, std::chrono::minutes{10}};
    Budget subscribe{10, std::chrono::minutes{10}};
    int streams = 64;  // open at once, of one client; 0: no limit

    [[nodiscard]] const Budget& of(Cost cost) const;
};

// Thread-safe. Metrics: sonde_api_limited_total{cost}.
class RateLimiter {
public:
    static constexpr std::size_t kMostClients = 10'000;  // beyond, those that have been quiet, or else anybody, begins anew

    RateLimiter(RateLimits limits, metrics::Registry& metrics);

    // `client` is an actor's id or what a caller's address comes to (net::client_key).
    Taken take(Cost cost, const std::string& client, MonotonicPoint now);

    // A place for one stream of the client's, given back when the last copy is gone. Throws a 429 if he has as many as he may.
    std::shared_ptr<void> open_stream(const std::string& client);

private:
    using Clients = std::unordered_map<std::string, Bucket>;
    void make_room(Clients& clients, const Budget& budget, MonotonicPoint now);

    struct Streams {
        std::mutex mutex;
        std::map<std::string, int> open;
    };

    const RateLimits limits_;
    std::array<metrics::Counter*, 9> limited_{};
    std::mutex mutex_;  // of what follows
    std::array<Clients, 9> clients_;
    const std::shared_ptr<Streams> streams_ = std::make_shared<Streams>();
};

// RateLimit-Limit, -Remaining and -Reset (draft-ietf-httpapi-ratelimit-headers-03), if there is a limit.
http::Response with_rate(http::Response response, const Taken& taken);
// 429 with Retry-After.
http::Response too_many(Cost cost, const Taken& taken);

}  // namespace sonde::controlplane

template <>
struct sonde::EnumNames<sonde::controlplane::Cost> {
    static constexpr std::array<std::string_view, 9> names{"read", "write", "costly", "key", "refused", "recorded", "view", "guess", "subscribe"};
};
