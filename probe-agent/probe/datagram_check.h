// What kinds without a connection have in common: one address of the host, a socket to it, and waiting for what comes.
#pragma once

#include <memory>
#include <string>

#include "lib/uv/poll.h"
#include "probe-agent/probe/net/lookup.h"
#include "probe-agent/probe/timed_check.h"

namespace sonde::agent {

// Loop thread only, as TimedCheck.
class DatagramCheck : public TimedCheck {
public:
    DatagramCheck(Network& network, std::shared_ptr<const Target> target, milliseconds timeout, Probe::Done done);

protected:
    // To be called by `run`. `family` as of Lookup.
    void look_up(const std::string& host, int family);
    // The address to be used. What it does about it ends with `listen`, or the check.
    virtual void reach(const net::Address& address) = 0;
    // From now on `readable` is called whenever there is something to read, and what was sent is timed. False if the check is over.
    bool listen(int fd);
    virtual void readable() = 0;
    // To be called after an error of the socket was read, which ends the watch.
    void listen_on();
    // As `overdue`, once there was an address.
    virtual check::Failure silent() = 0;

    check::Failure overdue() final;
    // Whoever derives closes its socket after it.
    void release() override;

    uv::Timer timer_;
    MonotonicPoint began_{};

private:
    void found(Lookup::Found found);

    std::unique_ptr<Lookup> lookup_;
    std::unique_ptr<uv::Poll> poll_;
};

}  // namespace sonde::agent
