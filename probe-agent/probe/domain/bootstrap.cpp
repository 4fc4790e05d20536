#include "probe-agent/probe/domain/bootstrap.h"

#include <fmt/format.h>

#include "probe-agent/probe/domain/fetch.h"

namespace sonde::agent {

class RdapBootstrap::Wait {
public:
    Wait(RdapBootstrap& owner, std::function<void(Outcome)> done) : owner_(&owner), done_(std::move(done)) { owner.waiting_.push_back(this); }
    ~Wait() {
        if (owner_ != nullptr) owner_->waiting_.remove(this);
    }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

    // It is in no list any more, and may be gone afterwards.
    void tell(const Outcome& outcome) {
        owner_ = nullptr;
        const auto done = std::move(done_);
        done(outcome);
    }

private:
    RdapBootstrap* owner_;
    std::function<void(Outcome)> done_;
};

void RdapBootstrap::Leave::operator()(Wait* wait) const { delete wait; }

RdapBootstrap::RdapBootstrap(uv::Loop& loop, Probe& http, std::string url) : loop_(loop), http_(http), url_(std::move(url)), soon_(loop) {}

RdapBootstrap::~RdapBootstrap() = default;

RdapBootstrap::Handle RdapBootstrap::get(std::function<void(Outcome)> done) {
    Handle wait(new Wait(*this, std::move(done)));
    const auto now = std::chrono::steady_clock::now();
    const bool is_fresh = servers_ && now - fetched_at_ < kFresh;
    const bool is_resting = !error_.empty() && now - tried_at_ < kRest;
    if (!is_fresh && !is_resting && attempt_ == nullptr) fetch();
    // An old list is not waited for to be renewed.
    if (servers_ || is_resting) soon_.once(milliseconds{0}, [this] { tell(); });
    return wait;
}

void RdapBootstrap::fetch() {
    tried_at_ = std::chrono::steady_clock::now();
    auto attempt = fetch_json(http_, url_, "application/json", RdapServers::kMaxBytes, kTimeout, [this](check::Observation seen) { fetched(seen); });
    if (attempt) {
        attempt_ = std::move(*attempt);
        return;
    }
    error_ = attempt.error().message;
    soon_.once(milliseconds{0}, [this] { tell(); });
}

void RdapBootstrap::fetched(const check::Observation& seen) {
    attempt_.reset();
    error_ = wrong_with(seen);
    if (error_.empty()) {
        auto parsed = RdapServers::parse(seen.find<check::HttpFacts>()->body);
        if (parsed) {
            servers_ = std::move(*parsed);
            fetched_at_ = std::chrono::steady_clock::now();
        } else {
            error_ = fmt::format("it {}", parsed.error().message);
        }
    }
    tell();
}

void RdapBootstrap::tell() {
    Outcome outcome;
    if (servers_) {
        outcome.servers = &*servers_;
    } else {
        outcome.error = fmt::format("the list of RDAP servers, {}, cannot be had: {}", url_, error_);
    }
    // Each may ask again, or end others, from within its call; who asks now waits for the next time.
    for (auto left = waiting_.size(); left > 0 && !waiting_.empty(); --left) {
        auto* const next = waiting_.front();
        waiting_.pop_front();
        next->tell(outcome);
    }
}

}  // namespace sonde::agent
