#include "controlplane/api/endpoint/rate_limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace sonde::controlplane {
namespace {

constexpr metrics::Family kLimited{"sonde_api_limited_total", "Requests answered 429, by what was asked for too often; of `recorded`, refusals that the audit does not keep."};

using Seconds = std::chrono::duration<double>;

std::chrono::seconds whole_seconds(double seconds) { return std::chrono::seconds{static_cast<std::int64_t>(std::ceil(seconds))}; }

std::string_view in_words(Cost cost) {
    switch (cost) {
        case Cost::read: return "requests that read";
        case Cost::write: return "requests that write";
        case Cost::costly: return "bulks, backtests and runs";
        case Cost::key: return "requests with an Idempotency-Key";
        case Cost::refused: return "requests without a good token";
        case Cost::recorded: return "refusals in the audit";
        case Cost::view: return "views of status pages";
        case Cost::guess: return "passwords for a status page";
        case Cost::subscribe: return "subscriptions to status pages";
    }
    return "requests";
}

}  // namespace

double Bucket::tokens(const Budget& budget, MonotonicPoint now) const {
    const auto passed = std::max(0.0, Seconds(now - at_).count());
    return std::min<double>(budget.most, tokens_ + passed * budget.most / Seconds(budget.window).count());
}

bool Bucket::is_full(const Budget& budget, MonotonicPoint now) const { return tokens(budget, now) >= budget.most; }

Taken Bucket::take(const Budget& budget, MonotonicPoint now) {
    const auto there = tokens(budget, now);
    const auto each = Seconds(budget.window).count() / budget.most;
    Taken taken;
    taken.allowed = there >= 1;
    tokens_ = taken.allowed ? there - 1 : there;
    at_ = std::max(at_, now);
    taken.limit = budget.most;
    taken.remaining = static_cast<int>(tokens_);
    taken.full = whole_seconds((budget.most - tokens_) * each);
    if (!taken.allowed) taken.again = std::max(std::chrono::seconds{1}, whole_seconds((1 - there) * each));
    return taken;
}

const Budget& RateLimits::of(Cost cost) const {
    switch (cost) {
        case Cost::read: return read;
        case Cost::write: return write;
        case Cost::costly: return costly;
        case Cost::key: return key;
        case Cost::refused: return refused;
        case Cost::view: return view;
        case Cost::guess: return guess;
        case Cost::subscribe: return subscribe;
        case Cost::recorded: break;
    }
    return recorded;
}

RateLimiter::RateLimiter(RateLimits limits, metrics::Registry& metrics) : limits_(limits) {
    for (std::size_t i = 0; i < limited_.size(); ++i) {
        limited_[i] = &metrics.counter(kLimited, {{"cost", std::string(EnumNames<Cost>::names[i])}});
    }
}

Taken RateLimiter::take(Cost cost, const std::string& client, MonotonicPoint now) {
    const auto& budget = limits_.of(cost);
    if (budget.most == 0) return {};
    const auto place = static_cast<std::size_t>(cost);
    const std::scoped_lock lock(mutex_);
    auto& clients = clients_[place];
    auto found = clients.find(client);
    if (found == clients.end()) {
        if (clients.size() >= kMostClients) make_room(clients, budget, now);
        found = clients.emplace(client, Bucket(now, budget)).first;
    }
    const auto taken = found->second.take(budget, now);
    if (!taken.allowed) limited_[place]->add();
    return taken;
}

void RateLimiter::make_room(Clients& clients, const Budget& budget, MonotonicPoint now) {
    std::erase_if(clients, [&](const auto& client) { return client.second.is_full(budget, now); });
    if (clients.size() >= kMostClients) clients.erase(clients.begin());
}

std::shared_ptr<void> RateLimiter::open_stream(const std::string& client) {
    if (limits_.streams == 0) return nullptr;
    const std::scoped_lock lock(streams_->mutex);
    auto& open = streams_->open[client];
    if (open >= limits_.streams) {
        throw http::ProblemError{http::problem::too_many_requests, fmt::format("there are {} streams of yours already, as many as may be", open), {}};
    }
    ++open;
    return {nullptr, [streams = streams_, client](void*) {
                const std::scoped_lock end(streams->mutex);
                if (--streams->open[client] == 0) streams->open.erase(client);
            }};
}

http::Response with_rate(http::Response response, const Taken& taken) {
    if (taken.limit == 0) return response;
    return std::move(response)
        .with("RateLimit-Limit", std::to_string(taken.limit))
        .with("RateLimit-Remaining", std::to_string(taken.remaining))
        .with("RateLimit-Reset", std::to_string(taken.full.count()));
}

http::Response too_many(Cost cost, const Taken& taken) {
    auto response = http::problem_response(http::problem::too_many_requests, fmt::format("too many {}: there may be {}, and some again in {} s", in_words(cost), taken.limit, taken.again.count()));
    return with_rate(std::move(response).with("Retry-After", std::to_string(taken.again.count())), taken);
}

}  // namespace sonde::controlplane
