#include "probe-agent/blackbox/scrapes.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>

namespace sonde::agent::blackbox {

using check::FailureClass;
using check::Phase;

namespace {

int other(int family) { return family == AF_INET6 ? AF_INET : AF_INET6; }

}  // namespace

// One of them: the look-up, then the attempt.
class Scrapes::Scrape {
public:
    Scrape(Scrapes& all, std::uint64_t id, Errand errand, milliseconds timeout)
        : all_(all), id_(id), errand_(std::move(errand)), timeout_(timeout), deadline_(all.loop_) {
        outcome_.module = errand_.module;
    }

    void begin() {
        outcome_.started_at = wall_now();
        began_ = std::chrono::steady_clock::now();
        if (errand_.host.empty()) return run();
        const auto literal = net::Address::parse(errand_.host);
        auto known = literal ? std::vector<net::Address>{*literal} : all_.network_.resolver.known(errand_.host);
        if (!known.empty()) return choose(known, literal.has_value());
        deadline_.once(timeout_, [this] {
            query_.reset();
            fail({FailureClass::dns_timeout, fmt::format("no answer from the name servers for {} within {} ms", errand_.host, timeout_.count()), Phase::resolve});
        });
        ask(preferred());
    }

private:
    [[nodiscard]] int preferred() const { return errand_.module->preference.ipv6 ? AF_INET6 : AF_INET; }
    [[nodiscard]] microseconds spent() const { return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - began_); }

    // Of those the hosts file has; a target that is an address is what it is.
    void choose(const std::vector<net::Address>& known, bool literal) {
        const auto find = [&](int family) { return std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.family == family; }); };
        auto found = literal ? known.begin() : find(preferred());
        if (found == known.end() && errand_.module->preference.falls_back) found = find(other(preferred()));
        if (found == known.end()) {
            return fail({FailureClass::dns_nxdomain, fmt::format("the name {} has no {} address", errand_.host, preferred() == AF_INET ? "IPv4" : "IPv6"),
                         Phase::resolve});
        }
        outcome_.address = *found;
        run();
    }

    void ask(int family) {
        query_ = all_.network_.resolver.resolve(errand_.host, [this, family](Resolution resolution) { resolved(family, std::move(resolution)); }, family);
    }

    void resolved(int family, Resolution resolution) {
        query_.reset();
        const bool is_none = resolution.cause == FailureClass::dns_nxdomain;
        if (is_none && family == preferred() && errand_.module->preference.falls_back) return ask(other(family));
        if (resolution.cause != FailureClass::none) return fail({resolution.cause, std::move(resolution.message), Phase::resolve});
        outcome_.address = resolution.addresses.front();
        run();
    }

    void run() {
        outcome_.lookup = outcome_.address ? spent() : microseconds{0};
        const auto left = std::max(timeout_ - std::chrono::duration_cast<milliseconds>(spent()), milliseconds{1});
        deadline_.cancel();
        auto target = aim(errand_, outcome_.address, left);
        if (!target) return fail({FailureClass::agent_error, "this agent cannot run the check: " + target.error().message, Phase::none});
        outcome_.target = std::move(*target);
        attempt_ = all_.probe_.start(outcome_.target, left, [this](check::Observation seen) {
            outcome_.seen = std::move(seen);
            finish();
        });
    }

    // From the loop, since it may still be being started.
    void fail(check::Failure failure) {
        if (!outcome_.address) outcome_.lookup = spent();
        outcome_.seen.failure = std::move(failure);
        deadline_.once(milliseconds{0}, [this] { finish(); });
    }

    void finish() {
        outcome_.duration = spent();
        all_.finished(id_, std::move(outcome_));  // the last act: this is gone then
    }

    Scrapes& all_;
    std::uint64_t id_;
    Errand errand_;
    milliseconds timeout_;
    uv::Timer deadline_;
    MonotonicPoint began_{};
    Outcome outcome_;
    Resolver::Handle query_;
    std::unique_ptr<Attempt> attempt_;
};

Scrapes::Scrapes(uv::Loop& loop, Network& network, Probe& probe) : loop_(loop), network_(network), probe_(probe) {}

Scrapes::~Scrapes() { close(); }

void Scrapes::start(Errand errand, milliseconds timeout, Done done) {
    if (closed_) return done(std::nullopt);
    const auto id = ++last_id_;
    auto& running = running_[id];
    running.done = std::move(done);
    running.scrape = std::make_unique<Scrape>(*this, id, std::move(errand), timeout);
    running.scrape->begin();
}

void Scrapes::finished(std::uint64_t id, Outcome outcome) {
    auto node = running_.extract(id);
    node.mapped().scrape.reset();
    const auto done = std::move(node.mapped().done);
    done(std::move(outcome));
}

void Scrapes::close() {
    closed_ = true;
    auto running = std::move(running_);
    running_.clear();
    for (auto& [id, one] : running) {
        one.scrape.reset();
        one.done(std::nullopt);
    }
}

}  // namespace sonde::agent::blackbox
