#include "probe-agent/probe/http/hop.h"

#include <fmt/format.h>

#include <stdexcept>

namespace sonde::agent {
namespace {

using check::FailureClass;
using check::Phase;

int family_of(check::IpFamily family) {
    switch (family) {
        case check::IpFamily::any: return AF_UNSPEC;
        case check::IpFamily::ipv4: return AF_INET;
        case check::IpFamily::ipv6: return AF_INET6;
    }
    return AF_UNSPEC;
}

}  // namespace

Hop::Hop(HttpReach& reach, HttpRequest request, bool own_origin, std::function<void(End)> done)
    : reach_(reach), request_(std::move(request)), own_origin_(own_origin), done_(std::move(done)) {}

// Where to connect to, and by which name server. The guard is asked for what the approach will not see.
std::optional<check::Failure> Hop::find_way() {
    const auto& wanted = *request_.connection;
    const auto& guard = reach_.network.guard;
    host_ = request_.url.host;
    port_ = request_.url.port;
    if (request_.by_proxy()) {
        // A name the proxy resolves is the proxy's to guard; an address can be judged here.
        if (const auto literal = net::Address::parse(host_)) {
            if (auto why = guard.refusal(*literal)) return check::Failure{FailureClass::blocked_address, std::move(*why), Phase::connect};
        }
        const auto proxy = net::parse_url(wanted.proxy);
        if (!proxy) return check::Failure{FailureClass::agent_error, "the proxy " + proxy.error().message, Phase::none};
        host_ = proxy->host;
        port_ = proxy->port;
    } else if (own_origin_ && !wanted.connect_to.empty()) {
        const auto pinned = check::parse_address_and_port(wanted.connect_to);
        host_ = pinned->address.text();
        if (pinned->port != 0) port_ = pinned->port;
    }
    if (wanted.resolver.empty()) return std::nullopt;
    const auto server = check::parse_address_and_port(wanted.resolver)->address;
    if (auto why = guard.refusal(server))
        return check::Failure{FailureClass::blocked_address, "the name server: " + *why, Phase::resolve};
    try {
        resolver_ = reach_.name_servers.of(wanted.resolver);
    } catch (const std::runtime_error& error) {
        return check::Failure{FailureClass::agent_error, error.what(), Phase::resolve};
    }
    if (resolver_ == nullptr) {
        return check::Failure{FailureClass::agent_overload,
                              fmt::format("{} other name servers are being asked, at most that many may be", NameServers::kMost), Phase::resolve};
    }
    return std::nullopt;
}

void Hop::start() {
    if (auto failed = find_way()) {
        HttpAnswer answer;
        answer.failure = std::move(*failed);
        return end(std::move(answer));
    }
    const WayPreference preference{family_of(request_.connection->family), resolver_.get()};
    approach_ = std::make_unique<Approach>(reach_.network, host_, port_, [this](Arrival arrival) { arrived(std::move(arrival)); }, preference);
    approach_->start();
}

void Hop::arrived(Arrival arrival) {
    resolve_ = arrival.resolve;
    connect_ = arrival.connect;
    approach_.reset();
    if (arrival.failure) {
        HttpAnswer answer;
        answer.failure = std::move(arrival.failure);
        // The spec chose the name server, so that one which cannot be asked is not the agent's trouble.
        if (resolver_ != nullptr && answer.failure.cause == FailureClass::agent_error && answer.failure.phase == Phase::resolve)
            answer.failure.cause = FailureClass::dns_timeout;
        return end(std::move(answer));
    }
    address_ = net::with_port(arrival.address, port_);
    exchange_ = std::make_unique<HttpExchange>(reach_.client, request_, std::move(arrival.socket), arrival.address, port_,
                                               [this](HttpAnswer answer) { end(std::move(answer)); });
    exchange_->start();
}

void Hop::end(HttpAnswer answer) {
    exchange_.reset();
    answer.phases.resolve = resolve_;
    answer.phases.connect = connect_;
    const auto done = std::move(done_);
    done({std::move(answer), std::move(address_)});
}

Hop::End Hop::overdue(milliseconds timeout) {
    End end;
    if (approach_ != nullptr) {
        auto late = approach_->overdue(timeout);
        end.answer.phases.resolve = late.resolve;
        end.answer.phases.connect = late.connect;
        end.answer.failure = std::move(late.failure);
        return end;
    }
    if (exchange_ != nullptr) end.answer = exchange_->so_far();
    end.answer.phases.resolve = resolve_;
    end.answer.phases.connect = connect_;
    end.address = address_;
    const bool answers = end.answer.facts.status != 0;
    const bool secured = end.answer.phases.first_byte.count() > 0;
    const auto* waiting = answers ? "the end of the answer" : secured ? "an answer" : "the TLS handshake";
    end.answer.failure = {FailureClass::timeout_total,
                          fmt::format("{} ms were over waiting for {} of {}", timeout.count(), waiting, end.address),
                          answers ? Phase::transfer : secured ? Phase::first_byte : Phase::tls};
    return end;
}

}  // namespace sonde::agent
