// TCP connections to one of several addresses, raced as RFC 8305 (happy eyeballs) says.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/check/verdict.h"
#include "lib/net/guard.h"
#include "lib/uv/loop.h"
#include "lib/uv/poll.h"
#include "probe-agent/probe/net/socket.h"

namespace sonde::agent {

struct Connected {
    check::FailureClass cause = check::FailureClass::none;
    std::string message;   // for people, if it failed
    Socket socket;         // connected and non-blocking, if it did not
    net::Address address;  // the one connected to; if it failed, the one the message is about
};

// One race. Tries the addresses in the order given: the next as soon as one fails, and after kStagger while one is still trying.
// The first to connect wins, the others are closed. It has no deadline of its own: destroying it ends it. Loop thread only.
class Connector {
public:
    static constexpr milliseconds kStagger{250};

    // `addresses` is not empty.
    Connector(uv::Loop& loop, std::vector<net::Address> addresses, int port, std::function<void(Connected)> done);

    // `done` is called once, possibly before this returns; it may destroy the Connector.
    void start();
    // Who is being waited for, for a message about a time-out: `192.0.2.1:443, [2001:db8::1]:443`.
    [[nodiscard]] std::string trying() const;
    [[nodiscard]] const net::Address& first() const { return addresses_.front(); }

private:
    struct Try {
        Socket socket;
        net::Address address;
        std::unique_ptr<uv::Poll> poll;
    };

    void next();
    void ready(int fd);
    void failed(const net::Address& address, const char* doing, int code);
    void finish(Connected outcome);

    uv::Loop& loop_;
    std::vector<net::Address> addresses_;
    int port_;
    std::function<void(Connected)> done_;
    std::size_t next_ = 0;
    std::vector<Try> trying_;
    Connected worst_;  // of the failures so far, the one that says most
    std::unique_ptr<uv::Timer> stagger_;
};

}  // namespace sonde::agent
