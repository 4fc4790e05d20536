// A small real HTTP server that receives webhooks and answers as the test says, also badly.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/instant.h"
#include "tests/integration/notifier/tls_identity.h"

namespace sonde::test {

struct Received {
    std::string target;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body = {};
    MonotonicPoint at;
};

struct Answer {
    enum class How {
        whole,
        hang,         // says nothing until the receiver is let go
        reset,        // resets the connection
        drip_header,  // begins a header and never ends it
        drip_body,    // a whole header, then a body that never ends, a byte at a time
    };
    int status = 200;
    std::vector<std::string> headers = {};
    std::string body = {};
    How how = How::whole;
};

// A thread a connection, on a free port of the loopback; over TLS if given an identity.
class Receiver {
public:
    // `answer` is called for each request, on its connection's thread; `number` counts requests from 1.
    using Script = std::function<Answer(const Received& request, int number)>;
    explicit Receiver(Script answer = {}, const TlsIdentity* identity = nullptr);
    ~Receiver();
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    [[nodiscard]] std::string url(const std::string& path = "/") const;
    [[nodiscard]] int count() const;
    [[nodiscard]] std::vector<Received> received() const;
    // Ends every hang and drip, now and in future.
    void let_go();

private:
    void accept_connections();
    void serve(int socket);
    void wait_until_let_go(int socket, const std::function<bool()>& drip);

    Script answer_;
    const TlsIdentity* identity_;
    int listening_ = -1;
    int port_ = 0;
    std::atomic<bool> stopping_{false};
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool let_go_ = false;
    std::vector<Received> received_;
    std::list<std::thread> connections_;
    std::thread acceptor_;
};

}  // namespace sonde::test
