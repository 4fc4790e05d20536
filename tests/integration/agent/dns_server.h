// A name server on UDP that answers as a test asks it to.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace sonde::test {

enum class DnsType : unsigned short { a = 1, aaaa = 28 };

struct DnsAnswer {
    int rcode = 0;  // 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED
    std::vector<std::string> addresses;
};

// On a free port of 127.0.0.1; one thread. Nothing as an answer means silence.
class DnsServer {
public:
    using Answer = std::function<std::optional<DnsAnswer>(const std::string& name, DnsType type)>;
    explicit DnsServer(Answer answer);
    ~DnsServer();
    DnsServer(const DnsServer&) = delete;
    DnsServer& operator=(const DnsServer&) = delete;

    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] int questions() const { return questions_; }

private:
    void serve();

    Answer answer_;
    int fd_ = -1;
    int port_ = 0;
    std::atomic<int> questions_{0};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace sonde::test
