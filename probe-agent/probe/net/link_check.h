// What checks have in common that talk over one connection: resolve, guard, connect, TLS if asked for.
#pragma once

#include <memory>
#include <string>

#include "lib/check/tls/wanted.h"
#include "probe-agent/probe/net/approach.h"
#include "probe-agent/probe/net/stream.h"
#include "probe-agent/probe/timed_check.h"
#include "probe-agent/probe/tls/contexts.h"

namespace sonde::agent {

// Derived from by a kind's check, which says where to go and what to say there. Phases, address and TLS facts are noted here.
class LinkCheck : public TimedCheck {
public:
    struct Way {
        std::string host;  // also the name of the certificate, unless `tls` has another
        int port = 0;
        const check::TlsWanted* tls = nullptr;  // null: in clear; must outlive the check
        std::string alpn{};                     // a protocol to be agreed on; empty: none is offered
    };

    LinkCheck(Network& network, TlsContexts& contexts, std::shared_ptr<const Target> target, milliseconds timeout, Probe::Done done)
        : TimedCheck(network, std::move(target), timeout, std::move(done)), contexts_(contexts) {}

protected:
    [[nodiscard]] virtual Way way() const = 0;
    // Connected, and secure if asked for. Must not end the check.
    virtual void up() = 0;
    // What came since. May end the check, as its last act.
    virtual void heard(const Stream::Turn& turn) = 0;
    // The time is up after `up`: as TimedCheck's `overdue`. No failure, if all that counts was seen.
    virtual check::Failure late() = 0;

    [[nodiscard]] Stream& stream() { return *stream_; }
    // `192.0.2.1:25`
    [[nodiscard]] const std::string& peer() const { return seen_.address; }
    // first_byte until something came, transfer from then on.
    [[nodiscard]] check::Phase step() const { return has_heard_ ? check::Phase::transfer : check::Phase::first_byte; }

private:
    void run() final;
    check::Failure overdue() final;
    void release() final;
    void arrived(Arrival arrival);
    void secure();
    void turn(const Stream::Turn& turn);
    void note(const Arrival& arrival);
    void measure();

    TlsContexts& contexts_;
    Way way_;
    std::unique_ptr<Approach> approach_;
    std::unique_ptr<Stream> stream_;
    bool is_up_ = false;
    bool has_heard_ = false;
    MonotonicPoint step_began_{};
};

}  // namespace sonde::agent
