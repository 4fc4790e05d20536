#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "lib/check/judge.h"
#include "tests/integration/agent/bench.h"

namespace udp_test {

using namespace sonde;
using namespace sonde::test;
using check::FailureClass;
using check::Kind;
using check::Verdict;

namespace {

// Answers each datagram as a test says; nothing means silence. On a free port of 127.0.0.1.
class UdpServer {
public:
    using Answer = std::function<std::optional<std::string>(const std::string& datagram, int number)>;
    explicit UdpServer(Answer answer) : answer_(std::move(answer)), fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        if (fd_ < 0 || ::bind(fd_, any, length) != 0 || ::getsockname(fd_, any, &length) != 0) throw std::runtime_error("cannot bind");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~UdpServer() {
        stopping_ = true;
        thread_.join();
        ::close(fd_);
    }
    UdpServer(const UdpServer&) = delete;
    UdpServer& operator=(const UdpServer&) = delete;
    [[nodiscard]] int port() const { return port_; }

private:
    void serve() {
        for (int number = 1; !stopping_;) {
            pollfd ready{fd_, POLLIN, 0};
            if (::poll(&ready, 1, 20) != 1) continue;
            char buffer[65536];
            sockaddr_storage from{};
            socklen_t length = sizeof from;
            const auto got = ::recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &length);
            if (got < 0) continue;
            const auto out = answer_({buffer, static_cast<std::size_t>(got)}, number++);
            if (out) ::sendto(fd_, out->data(), out->size(), 0, reinterpret_cast<const sockaddr*>(&from), length);
        }
    }

    Answer answer_;
    int fd_ = -1;
    int port_ = 0;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

struct Answered {
    check::Observation seen;
    check::Judgement judged;
    [[nodiscard]] check::UdpFacts udp() const {
        const auto* facts = seen.find<check::UdpFacts>();
        return facts == nullptr ? check::UdpFacts{} : *facts;
    }
};

Answered run(Bench& bench, int port, const std::string& fields, milliseconds timeout = milliseconds{5000}, const std::string& host = "127.0.0.1") {
    const auto document = json::parse("{\"host\":\"" + host + "\",\"port\":" + std::to_string(port) + ",\"wait_ms\":100" + fields + "}");
    auto spec = *check::read_spec(Kind::udp, *document, "");
    Answered answered{bench.run(spec, timeout), {}};
    answered.judged = check::judge(spec, answered.seen, TimePoint{});
    return answered;
}

std::optional<std::string> echo(const std::string& datagram, int) { return datagram; }

}  // namespace

TEST_CASE("what is sent over UDP arrives, and the answer is held to what is expected of it") {
    UdpServer server(echo);
    Bench bench;
    struct Row {
        const char* fields;
        FailureClass cause;
    };
    const Row rows[] = {
        {R"(,"send":"ping\n","expect":"ping")", FailureClass::none},
        {R"(,"send_hex":"00 ff 0a","expect_hex":"ff0A")", FailureClass::none},
        {R"(,"send":"version 12","expect_matches":"^version [0-9]+$")", FailureClass::none},
        {R"(,"send":"ping")", FailureClass::none},
        {"", FailureClass::none},
        {R"(,"send":"ping","expect":"pong")", FailureClass::body_mismatch},
        {R"(,"send":"ping","expect_hex":"00")", FailureClass::body_mismatch},
        {R"(,"send":"ping","expect":"ping","expect_matches":"^ing")", FailureClass::body_mismatch},
    };
    for (const auto& row : rows) {
        const auto answered = run(bench, server.port(), row.fields);
        CHECK_MESSAGE(answered.judged.cause == row.cause, row.fields << ": " << answered.judged.message);
        CHECK(answered.udp().answered);
        CHECK(answered.udp().sent == 1);
        CHECK(answered.seen.address == "127.0.0.1:" + std::to_string(server.port()));
    }
    CHECK(run(bench, server.port(), R"(,"send_hex":"00ff0a")").udp().answer == std::string("\0\xff\n", 3));
}

TEST_CASE("a datagram that is lost is sent again") {
    UdpServer server([](const std::string& datagram, int number) -> std::optional<std::string> {
        if (number < 3) return std::nullopt;
        return datagram;
    });
    Bench bench;
    const auto answered = run(bench, server.port(), R"(,"send":"x","expect":"x","retries":2)");
    CHECK_MESSAGE(answered.judged.verdict == Verdict::up, answered.judged.message);
    CHECK(answered.udp().sent == 3);
}

TEST_CASE("silence is down where an answer is expected, and up where none is") {
    UdpServer server([](const std::string&, int) { return std::nullopt; });
    Bench bench;
    for (const auto timeout : {milliseconds{5000}, milliseconds{150}}) {
        const auto expecting = run(bench, server.port(), R"(,"expect":"x","retries":1)", timeout);
        CHECK(expecting.judged.cause == FailureClass::timeout_total);
        CHECK(expecting.judged.message == "answer is not there, must be with \"x\"");
        const auto content = run(bench, server.port(), R"(,"retries":1)", timeout);
        CHECK_MESSAGE(content.judged.verdict == Verdict::up, content.judged.message);
        CHECK(!content.udp().answered);
        CHECK(content.udp().sent == 2);
    }
}

TEST_CASE("a closed port is down whatever is expected") {
    int port = 0;
    { port = UdpServer(echo).port(); }
    Bench bench;
    for (const auto* fields : {"", R"(,"expect":"x")"}) {
        const auto refused = run(bench, port, fields);
        CHECK(refused.judged.cause == FailureClass::connect_refused);
        CHECK(refused.judged.verdict == Verdict::down);
    }
}

TEST_CASE("no datagram goes to an address the guard refuses, and a large answer is told in part") {
    UdpServer server([](const std::string&, int) { return std::string(60000, 'x'); });
    Bench bench;
    CHECK(run(bench, 9, "", milliseconds{5000}, "blocked.test").judged.cause == FailureClass::blocked_address);
    const auto large = run(bench, server.port(), "");
    CHECK(large.udp().answer.size() == 60000);
    CHECK(check::write(large.udp(), true)["answer"].get<std::string>().size() == 4096);
}

}  // namespace udp_test
