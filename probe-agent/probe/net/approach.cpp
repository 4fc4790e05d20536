#include "probe-agent/probe/net/approach.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::agent {

using check::FailureClass;
using check::Phase;

Approach::Approach(Network& network, std::string host, int port, std::function<void(Arrival)> done, WayPreference preference)
    : network_(network),
      host_(std::move(host)),
      port_(port),
      family_(preference.family),
      resolver_(preference.resolver == nullptr ? network.resolver : *preference.resolver),
      done_(std::move(done)) {}

microseconds Approach::in_step() const {
    return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - step_began_);
}

void Approach::start() {
    step_began_ = std::chrono::steady_clock::now();
    if (const auto address = net::Address::parse(host_)) return connect({*address});
    auto known = resolver_.known(host_);
    known.erase(std::remove_if(known.begin(), known.end(), [this](const auto& address) { return !fits(address); }), known.end());
    if (!known.empty()) return connect(std::move(known));
    query_ = resolver_.resolve(host_, [this](Resolution resolution) { resolved(std::move(resolution)); }, family_);
}

bool Approach::fits(const net::Address& address) const { return family_ == AF_UNSPEC || address.family == family_; }

void Approach::resolved(Resolution resolution) {
    arrival_.resolve = in_step();
    query_.reset();
    if (resolution.cause != FailureClass::none) return fail({resolution.cause, std::move(resolution.message), Phase::resolve});
    connect(std::move(resolution.addresses));
}

void Approach::connect(std::vector<net::Address> addresses) {
    addresses.erase(std::remove_if(addresses.begin(), addresses.end(), [this](const auto& address) { return !fits(address); }),
                    addresses.end());
    if (addresses.empty()) {
        const auto* const family = family_ == AF_INET ? "IPv4" : "IPv6";
        return fail({FailureClass::dns_nxdomain, fmt::format("{} is no {} address", host_, family), Phase::resolve});
    }
    auto passed = pass_guard(network_.guard, host_, std::move(addresses));
    if (passed.failure) return fail(std::move(passed.failure));
    step_began_ = std::chrono::steady_clock::now();
    connector_ = std::make_unique<Connector>(network_.loop, std::move(passed.addresses), port_,
                                             [this](Connected outcome) { connected(std::move(outcome)); });
    connector_->start();
}

void Approach::connected(Connected outcome) {
    arrival_.connect = in_step();
    // Its last act was to call us, so it may go.
    connector_.reset();
    if (outcome.cause != FailureClass::none) return fail({outcome.cause, std::move(outcome.message), Phase::connect});
    arrival_.address = outcome.address;
    arrival_.socket = std::move(outcome.socket);
    const auto done = std::move(done_);
    done(std::move(arrival_));
}

void Approach::fail(check::Failure failure) {
    arrival_.failure = std::move(failure);
    const auto done = std::move(done_);
    done(std::move(arrival_));
}

Arrival Approach::overdue(milliseconds timeout) const {
    Arrival late;
    const auto spent = in_step();
    const bool to_blame = spent * 2 >= timeout;
    if (connector_ == nullptr) {
        late.resolve = spent;
        late.failure = {to_blame ? FailureClass::dns_timeout : FailureClass::timeout_total,
                        fmt::format("no answer from the name servers for {} within {} ms", host_, timeout.count()), Phase::resolve};
        return late;
    }
    late.resolve = arrival_.resolve;
    late.connect = spent;
    late.failure = {to_blame ? FailureClass::connect_timeout : FailureClass::timeout_total,
                    fmt::format("no connection to {} within {} ms", connector_->trying(), timeout.count()), Phase::connect};
    return late;
}

Passed pass_guard(const net::Guard& guard, const std::string& host, std::vector<net::Address> addresses) {
    Passed passed;
    std::string refused;
    const auto is_refused = [&](const net::Address& address) {
        auto why = guard.refusal(address);
        if (why && refused.empty()) refused = std::move(*why);
        return why.has_value();
    };
    addresses.erase(std::remove_if(addresses.begin(), addresses.end(), is_refused), addresses.end());
    if (addresses.empty()) {
        const bool is_address = net::Address::parse(host).has_value();
        passed.failure = {FailureClass::blocked_address, is_address ? std::move(refused) : fmt::format("{}: {}", host, refused), Phase::connect};
    }
    passed.addresses = std::move(addresses);
    return passed;
}

}  // namespace sonde::agent
