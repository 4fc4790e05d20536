#include "tests/integration/agent/nsd.h"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/integration/agent/raw_server.h"
#include "tests/support/servers.h"

namespace sonde::test {
namespace {

constexpr const char* kNsdProgram = "/usr/sbin/nsd";

constexpr std::string_view kNsdConfig = R"(server:
  ip-address: 127.0.0.1@{1}
  username: ""
  zonesdir: "{0}"
  zonelistfile: "{0}/zone.list"
  database: ""
  pidfile: "{0}/pid"
  xfrdfile: "{0}/xfrd"
  xfrdir: "{0}"
  logfile: "{0}/log"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: example.test
  zonefile: forward
zone:
  name: 2.0.192.in-addr.arpa
  zonefile: reverse
)";

constexpr const char* kForward = R"($ORIGIN example.test.
$TTL 300
@ SOA ns1 hostmaster 7 3600 600 86400 60
@ NS ns1
@ NS ns2
@ MX 10 mail
@ MX 20 Backup
@ TXT "v=spf1 " "-all"
@ CAA 0 issue "ca.example"
ns1 A 192.0.2.1
ns2 A 192.0.2.2
www 60 A 192.0.2.10
www 60 A 192.0.2.11
www AAAA 2001:db8::10
alias CNAME www
_sip._tcp SRV 1 2 5060 sip
)";

constexpr const char* kReverse = R"($ORIGIN 2.0.192.in-addr.arpa.
$TTL 300
@ SOA ns1.example.test. hostmaster.example.test. 1 3600 600 86400 60
@ NS ns1.example.test.
10 PTR www.example.test.
)";

std::string text_of(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

}  // namespace

bool Nsd::is_there() { return ::access(kNsdProgram, X_OK) == 0; }

Nsd::Nsd() : port_(closed_port()) {
    const auto& here = directory_.path();
    auto forward = std::string(kForward);
    // More than the 512 bytes that fit into an answer over UDP.
    forward += "big TXT \"" + std::string(250, 'a') + "\" \"" + std::string(250, 'b') + "\" \"" + std::string(250, 'c') + "\"\n";
    std::ofstream(here + "/forward") << forward;
    std::ofstream(here + "/reverse") << kReverse;
    std::ofstream(here + "/nsd.conf") << fmt::format(kNsdConfig, here, port_);
    std::string arguments[] = {kNsdProgram, "-d", "-c", here + "/nsd.conf"};
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    if (::posix_spawn(&process_, kNsdProgram, nullptr, nullptr, argv.data(), environ) != 0) throw std::runtime_error("cannot start nsd");
    if (!eventually([&] { return text_of(here + "/log").find("nsd started") != std::string::npos; }))
        throw std::runtime_error("nsd did not start: " + text_of(here + "/log"));
}

Nsd::~Nsd() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
}

}  // namespace sonde::test
