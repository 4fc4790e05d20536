#include "probe-agent/probe/net/lookup.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>

#include "probe-agent/probe/net/approach.h"

namespace sonde::agent {

using check::FailureClass;
using check::Phase;

Lookup::Lookup(Network& network, std::string host, int family, std::function<void(Found)> done)
    : network_(network), host_(std::move(host)), family_(family), done_(std::move(done)) {}

microseconds Lookup::spent() const { return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - began_); }

void Lookup::start() {
    began_ = std::chrono::steady_clock::now();
    if (const auto address = net::Address::parse(host_)) return take({*address});
    if (auto known = network_.resolver.known(host_); !known.empty()) return take(std::move(known));
    query_ = network_.resolver.resolve(host_, [this](Resolution resolution) { resolved(std::move(resolution)); });
}

void Lookup::resolved(Resolution resolution) {
    found_.resolve = spent();
    query_.reset();
    if (resolution.cause == FailureClass::none) return take(std::move(resolution.addresses));
    found_.failure = {resolution.cause, std::move(resolution.message), Phase::resolve};
    const auto done = std::move(done_);
    done(std::move(found_));
}

void Lookup::take(std::vector<net::Address> addresses) {
    const auto is_other = [this](const net::Address& address) { return family_ != AF_UNSPEC && address.family != family_; };
    addresses.erase(std::remove_if(addresses.begin(), addresses.end(), is_other), addresses.end());
    if (addresses.empty()) {
        found_.failure = {FailureClass::dns_nxdomain, fmt::format("the name {} has no {} address", host_, family_ == AF_INET6 ? "IPv6" : "IPv4"),
                          Phase::resolve};
    } else {
        auto passed = pass_guard(network_.guard, host_, std::move(addresses));
        found_.failure = std::move(passed.failure);
        found_.addresses = std::move(passed.addresses);
    }
    const auto done = std::move(done_);
    done(std::move(found_));
}

Lookup::Found Lookup::overdue(milliseconds timeout) const {
    Found late;
    late.resolve = spent();
    late.failure = {FailureClass::dns_timeout, fmt::format("no answer from the name servers for {} within {} ms", host_, timeout.count()), Phase::resolve};
    return late;
}

}  // namespace sonde::agent
