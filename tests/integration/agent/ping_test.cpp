#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>

#include "lib/check/judge.h"
#include "tests/integration/agent/bench.h"

namespace ping_test {

using namespace sonde;
using namespace sonde::test;
using check::FailureClass;
using check::Kind;
using check::Verdict;

namespace {

struct Pinged {
    check::Observation seen;
    check::Judgement judged;
    [[nodiscard]] check::PingFacts ping() const {
        const auto* facts = seen.find<check::PingFacts>();
        return facts == nullptr ? check::PingFacts{} : *facts;
    }
};

Pinged run(Bench& bench, const std::string& text, milliseconds timeout = milliseconds{5000}) {
    auto spec = *check::read_spec(Kind::ping, *json::parse(text), "");
    Pinged pinged{bench.run(spec, timeout), {}};
    pinged.judged = check::judge(spec, pinged.seen, TimePoint{});
    return pinged;
}

constexpr char kStrangersTtl = 57;

// A stranger's machine behind a TUN device: it answers echo requests to 198.51.100.2 as `script` says, which is asked for each packet by its
// sequence. In a network namespace of the calling thread alone.
class Stranger {
public:
    enum class Says : unsigned char { yes, nothing, twice, wrong_nonce, unreachable };
    using Script = std::function<Says(unsigned sequence)>;

    explicit Stranger(Script script) : script_(std::move(script)) {
        fd_ = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC);
        ifreq request{};
        std::strncpy(request.ifr_name, "stranger", IFNAMSIZ - 1);
        request.ifr_flags = IFF_TUN | IFF_NO_PI;
        if (fd_ < 0 || ::ioctl(fd_, TUNSETIFF, &request) != 0) throw std::runtime_error("cannot make a TUN device");
        if (std::system("ip addr add 198.51.100.1/24 dev stranger && ip link set stranger up") != 0) throw std::runtime_error("cannot set it up");
        thread_ = std::thread([this] { serve(); });
    }
    ~Stranger() {
        stopping_ = true;
        thread_.join();
        ::close(fd_);
    }
    Stranger(const Stranger&) = delete;
    Stranger& operator=(const Stranger&) = delete;

private:
    static void put_checksum(std::string& text, std::size_t begin, std::size_t end, std::size_t at) {
        text[at] = text[at + 1] = 0;
        std::uint32_t sum = 0;
        for (auto i = begin; i + 1 < end; i += 2) sum += static_cast<unsigned char>(text[i]) << 8U | static_cast<unsigned char>(text[i + 1]);
        while (sum > 0xFFFFU) sum = (sum & 0xFFFFU) + (sum >> 16U);
        text[at] = static_cast<char>(~sum >> 8U);
        text[at + 1] = static_cast<char>(~sum);
    }

    void serve() {
        while (!stopping_) {
            pollfd ready{fd_, POLLIN, 0};
            if (::poll(&ready, 1, 20) != 1) continue;
            char buffer[2000];
            const auto length = ::read(fd_, buffer, sizeof buffer);
            if (length < 36 || buffer[0] != 0x45 || buffer[9] != 1 || buffer[20] != 8) continue;
            answer(std::string(buffer, static_cast<std::size_t>(length)));
        }
    }

    void answer(const std::string& request) {
        const auto says = script_(static_cast<unsigned char>(request[27]));
        if (says == Says::nothing) return;
        auto reply = request;
        std::swap_ranges(reply.begin() + 12, reply.begin() + 16, reply.begin() + 16);
        reply[8] = kStrangersTtl;
        reply[20] = 0;
        if (says == Says::wrong_nonce) reply[28] = static_cast<char>(~reply[28]);
        if (says == Says::unreachable) {
            reply = reply.substr(0, 20) + std::string("\3\1\0\0\0\0\0\0", 8) + request;
            reply[2] = static_cast<char>(reply.size() >> 8U);
            reply[3] = static_cast<char>(reply.size());
        }
        put_checksum(reply, 0, 20, 10);
        put_checksum(reply, 20, reply.size(), 22);
        for (int i = 0; i < (says == Says::twice ? 2 : 1); ++i) {
            if (::write(fd_, reply.data(), reply.size()) < 0) return;
        }
    }

    Script script_;
    int fd_ = -1;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

// Runs `test` on a thread in a network namespace of its own; false if the kernel refuses to make one.
bool in_namespace(const std::function<void()>& test) {
    int refused = 0;
    std::thread([&] {
        if (::unshare(CLONE_NEWNET) != 0 || ::access("/dev/net/tun", R_OK | W_OK) != 0) {
            refused = errno;
            return;
        }
        try {
            test();
        } catch (const std::exception& error) {
            FAIL_CHECK(error.what());
        }
    }).join();
    if (refused != 0) MESSAGE("no network namespace with a TUN device: " << std::strerror(refused));
    return refused == 0;
}

void allow_unprivileged(bool allowed) {
    std::ofstream("/proc/thread-self/root/proc/sys/net/ipv4/ping_group_range") << (allowed ? "0 2147483647" : "1 0");
}

}  // namespace

TEST_CASE("every answer to a ping is counted, through either kind of socket") {
    in_namespace([] {
        Stranger stranger([](unsigned) { return Stranger::Says::yes; });
        for (const bool unprivileged : {true, false}) {
            allow_unprivileged(unprivileged);
            Bench bench;
            bench.probe.set_guard(*net::make_guard({"198.51.100.0/24"}, {}));
            const auto pinged = run(bench, R"({"host":"198.51.100.2","packets":5,"interval_ms":20})");
            CHECK_MESSAGE(pinged.judged.verdict == Verdict::up, pinged.judged.message);
            CHECK(pinged.ping().raw == !unprivileged);
            CHECK(pinged.ping().sent == 5);
            CHECK(pinged.ping().received == 5);
            CHECK(pinged.ping().rtt_min <= pinged.ping().rtt_avg);
            CHECK(pinged.ping().rtt_avg <= pinged.ping().rtt_max);
            CHECK(pinged.ping().rtt_max > microseconds{0});
            CHECK(pinged.ping().reply_ttl == kStrangersTtl);
            CHECK(pinged.seen.address == "198.51.100.2");
        }
    });
}

TEST_CASE("loss, duplicates, forgeries and ICMP errors are told apart, through either kind of socket") {
    using Says = Stranger::Says;
    struct Row {
        const char* what;
        Stranger::Script script;
        int received;
        int duplicates;
        Verdict verdict;
        FailureClass cause;
    };
    const Row rows[] = {
        {"one of four lost", [](unsigned n) { return n == 2 ? Says::nothing : Says::yes; }, 3, 0, Verdict::degraded, FailureClass::assertion},
        {"three of four lost", [](unsigned n) { return n == 2 ? Says::yes : Says::nothing; }, 1, 0, Verdict::down, FailureClass::assertion},
        {"all lost", [](unsigned) { return Says::nothing; }, 0, 0, Verdict::down, FailureClass::unreachable},
        {"twice", [](unsigned) { return Says::twice; }, 4, 4, Verdict::up, FailureClass::none},
        {"forged", [](unsigned) { return Says::wrong_nonce; }, 0, 0, Verdict::down, FailureClass::unreachable},
        {"unreachable", [](unsigned) { return Says::unreachable; }, 0, 0, Verdict::down, FailureClass::unreachable},
    };
    in_namespace([&] {
        for (const auto& row : rows) {
            for (const bool unprivileged : {true, false}) {
                allow_unprivileged(unprivileged);
                Stranger stranger(row.script);
                Bench bench;
                bench.probe.set_guard(*net::make_guard({"198.51.100.0/24"}, {}));
                const auto pinged = run(
                    bench, R"({"host":"198.51.100.2","packets":4,"interval_ms":40,"wait_ms":500,"max_loss_percent":50,"degraded_loss_percent":10})");
                const auto context = std::string(row.what) + (unprivileged ? " (datagram): " : " (raw): ") + pinged.judged.message;
                CHECK_MESSAGE(pinged.ping().sent == 4, context);
                CHECK_MESSAGE(pinged.ping().received == row.received, context);
                CHECK_MESSAGE(pinged.judged.verdict == row.verdict, context);
                CHECK_MESSAGE(pinged.judged.cause == row.cause, context);
                if (row.duplicates > 0) CHECK_MESSAGE(pinged.ping().duplicates >= row.duplicates - 1, context);  // the last may come too late
                const bool told = pinged.judged.message.find("198.51.100.2 says: No route to host (ICMP type 3, code 1)") != std::string::npos;
                CHECK_MESSAGE(told == (std::string(row.what) == "unreachable"), context);
            }
        }
    });
}

TEST_CASE("a packet under way when the time is over is not lost") {
    in_namespace([] {
        allow_unprivileged(true);
        Stranger stranger([](unsigned n) { return n == 1 ? Stranger::Says::yes : Stranger::Says::nothing; });
        Bench bench;
        bench.probe.set_guard(*net::make_guard({"198.51.100.0/24"}, {}));
        const auto cut = run(bench, R"({"host":"198.51.100.2","packets":3,"interval_ms":20,"wait_ms":10000})", milliseconds{400});
        CHECK_MESSAGE(cut.judged.verdict == Verdict::up, cut.judged.message);
        CHECK(cut.ping().sent == 1);
    });
}

TEST_CASE("an agent that may not send pings says so, and calls nobody down") {
    in_namespace([] {
        allow_unprivileged(false);
        // Of this thread alone.
        __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
        __user_cap_data_struct none[2] = {};
        if (::syscall(SYS_capset, &head, none) != 0) throw std::runtime_error("cannot give capabilities up");
        Bench bench;
        const auto refused = run(bench, R"({"host":"127.0.0.1"})");
        CHECK(refused.judged.cause == FailureClass::agent_error);
        CHECK(refused.judged.verdict == Verdict::unknown);
        CHECK(refused.judged.message ==
              "this agent may not send pings: its group is not within net.ipv4.ping_group_range, and it lacks CAP_NET_RAW");
    });
}

TEST_CASE("nothing is sent to an address the guard refuses, and a family that is not there is no address") {
    Bench bench;
    CHECK(run(bench, R"({"host":"blocked.test"})").judged.cause == FailureClass::blocked_address);
    CHECK(run(bench, R"({"host":"10.0.0.1"})").judged.cause == FailureClass::blocked_address);
    CHECK(run(bench, R"({"host":"good.test","family":"ipv6"})").judged.cause == FailureClass::dns_nxdomain);
}

}  // namespace ping_test
