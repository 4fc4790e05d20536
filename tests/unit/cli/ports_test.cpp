#include "cli/up/ports.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/failure.h"
#include "cli/up/file.h"
#include "tests/unit/cli/scratch.h"

namespace ports_test {

using namespace sonde::cli;

namespace {

// Listens on a port until dropped.
class Occupied {
public:
    explicit Occupied(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(fd_, 1) == 0);
    }
    ~Occupied() { ::close(fd_); }
    Occupied(const Occupied&) = delete;
    Occupied& operator=(const Occupied&) = delete;

private:
    int fd_;
};

}  // namespace

TEST_CASE("a port is kept from start to start, and replaced only when somebody else listens there") {
    const sonde::test::Scratch dir;
    const auto layout = up::open_layout((dir / "data").string());
    const int first = up::Ports(layout).take("nats");
    CHECK(up::is_free(first));
    CHECK(up::Ports(layout).take("nats") == first);
    CHECK(up::Ports(layout).take("postgres") != first);
    const Occupied other(first);
    CHECK_FALSE(up::is_free(first));
    const int second = up::Ports(layout).take("nats");
    CHECK(second != first);
    CHECK(up::Ports(layout).remembered("nats") == second);
}

TEST_CASE("a damaged record of ports says what to do") {
    const sonde::test::Scratch dir;
    const auto layout = up::open_layout((dir / "data").string());
    up::write_file(layout.ports(), "{");
    CHECK_THROWS_WITH_AS(up::Ports{layout}, doctest::Contains("remove it"), Failure);
}

}  // namespace ports_test
