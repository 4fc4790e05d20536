// A name server on UDP and TCP that answers as a test asks it to.
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
    std::vector<std::string> addresses{};
    bool cut_off = false;  // over UDP: nothing but the flag that says so
    std::string raw{};       // instead of addresses: the bytes after the question, said to be one record
};

// On a free port of 127.0.0.1, the same for both unless `tcp` is false; one thread. Nothing as an answer means silence.
class DnsServer {
public:
    using Answer = std::function<std::optional<DnsAnswer>(const std::string& name, DnsType type)>;
    explicit DnsServer(Answer answer, bool tcp = true);
    ~DnsServer();
    DnsServer(const DnsServer&) = delete;
    DnsServer& operator=(const DnsServer&) = delete;

    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] int questions() const { return questions_; }  // over both
    [[nodiscard]] int tcp_questions() const { return tcp_questions_; }

private:
    bool bind();
    void serve();
    void serve_udp();
    bool serve_tcp(int fd);  // false if the connection is over
    std::optional<std::string> answer_to(const std::string& packet, bool udp);

    Answer answer_;
    int fd_ = -1;
    int listener_ = -1;
    std::vector<int> connections_;
    int port_ = 0;
    std::atomic<int> questions_{0};
    std::atomic<int> tcp_questions_{0};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace sonde::test
