#include "probe-agent/probe/net/hosts_file.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace hosts_file_test {

using namespace sonde;

namespace {

std::string list(const std::vector<net::Address>& addresses) {
    std::string text;
    for (const auto& address : addresses) text += (text.empty() ? "" : " ") + address.text();
    return text;
}

}  // namespace

TEST_CASE("a hosts file gives every name its addresses, and skips what it does not know") {
    const auto names = agent::parse_hosts(
        "# a comment\n"
        "192.0.2.1  one.example One-Alias\t# trailing\n"
        "2001:db8::1 one.example.\r\n"
        "192.0.2.1 one.example\n"
        "not-an-address two.example\n"
        "fe80::1%eth0 three.example\n"
        "192.0.2.9\n"
        "\n"
        "192.0.2.4 last.example");
    CHECK(list(names.at("one.example")) == "192.0.2.1 2001:db8::1");
    CHECK(list(names.at("one-alias")) == "192.0.2.1");
    CHECK(list(names.at("last.example")) == "192.0.2.4");
    CHECK(names.size() == 3);
}

TEST_CASE("a changed hosts file is read again, a second later at most") {
    const test::TempDir directory;
    const auto path = directory.path() + "/hosts";
    const auto write = [&path](const char* text, int age_s) {
        std::ofstream(path) << text;
        std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - seconds{age_s});
    };
    write("192.0.2.1 a.example\n", 100);
    agent::HostsFile hosts(path);
    const MonotonicPoint start{seconds{1000}};
    CHECK(list(hosts.find("A.example.", start)) == "192.0.2.1");
    write("192.0.2.2 a.example\n", 50);
    CHECK(list(hosts.find("a.example", start + milliseconds{999})) == "192.0.2.1");
    CHECK(list(hosts.find("a.example", start + milliseconds{1000})) == "192.0.2.2");
    std::filesystem::remove(path);
    CHECK(hosts.find("a.example", start + seconds{3}).empty());
}

TEST_CASE("localhost is known without any file") {
    agent::HostsFile hosts("/nonexistent/hosts");
    CHECK(list(hosts.find("localhost", MonotonicPoint{seconds{1}})) == "127.0.0.1 ::1");
    CHECK(list(hosts.find("api.LOCALHOST.", MonotonicPoint{seconds{1}})) == "127.0.0.1 ::1");
    CHECK(hosts.find("notlocalhost", MonotonicPoint{seconds{1}}).empty());
}

}  // namespace hosts_file_test
