// The same module file and the same targets for the agent and for blackbox_exporter itself.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <stdexcept>

#include "tests/integration/agent/dns_server.h"
#include "tests/integration/agent/exporter.h"
#include "tests/support/python_server.h"
#include "tests/integration/agent/raw_server.h"
#include "tests/integration/agent/tls_server.h"
#include "tests/support/servers.h"

extern char** environ;

namespace blackbox_comparison_test {

using namespace sonde;
using namespace sonde::test;

namespace {

constexpr const char* kProgram = "/usr/bin/prometheus-blackbox-exporter";

// The real one, for as long as the object lives.
class RealExporter {
public:
    static bool is_there() { return ::access(kProgram, X_OK) == 0; }

    explicit RealExporter(const std::string& modules_file) : port_(closed_port()) {
        std::string config = "--config.file=" + modules_file;
        std::string address = fmt::format("--web.listen-address=127.0.0.1:{}", port_);
        std::string level = "--log.level=error";
        std::string name = kProgram;
        char* arguments[] = {name.data(), config.data(), address.data(), level.data(), nullptr};
        if (::posix_spawn(&process_, kProgram, nullptr, nullptr, arguments, environ) != 0) throw std::runtime_error("blackbox_exporter did not start");
        if (!eventually([&] { return ask("/-/healthy").starts_with("HTTP/1.0 200 "); })) throw std::runtime_error("blackbox_exporter does not answer");
    }
    ~RealExporter() {
        ::kill(process_, SIGTERM);
        ::waitpid(process_, nullptr, 0);
    }
    RealExporter(const RealExporter&) = delete;
    RealExporter& operator=(const RealExporter&) = delete;

    std::map<std::string, double> probe(const std::string& query) {
        const auto answer = ask("/probe?" + query);
        const auto body = answer.find("\r\n\r\n");
        if (!answer.starts_with("HTTP/1.0 200 ") || body == std::string::npos) throw std::runtime_error("answered " + answer);
        return read_series(answer.substr(body + 4));
    }

private:
    // All until it closes; empty if it does not listen yet.
    [[nodiscard]] std::string ask(const std::string& target) const {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(static_cast<std::uint16_t>(port_));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        std::string answer;
        if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
            send_all(fd, "GET " + target + " HTTP/1.0\r\n\r\n");
            char part[4096];
            for (ssize_t got = 0; (got = ::recv(fd, part, sizeof part, 0)) > 0;) answer.append(part, static_cast<std::size_t>(got));
        }
        ::close(fd);
        return answer;
    }

    int port_;
    pid_t process_ = -1;
};

constexpr const char* kModules = R"(modules:
  http: {prober: http, timeout: 5s, http: {preferred_ip_protocol: ip4, fail_if_body_matches_regexp: [wrong], fail_if_header_not_matches: [{header: X-Kind, regexp: good}]}}
  https: {prober: http, timeout: 5s, http: {preferred_ip_protocol: ip4, tls_config: {ca_file: CA, server_name: good.test}}}
  tcp: {prober: tcp, timeout: 5s}
  banner: {prober: tcp, timeout: 2s, tcp: {query_response: [{send: hello}, {expect: "^220 (.*)$"}, {expect: "^ok$"}]}}
  wrong: {prober: tcp, timeout: 2s, tcp: {query_response: [{send: hello}, {expect: "^nothing of it"}]}}
  tls: {prober: tcp, timeout: 5s, tcp: {tls: true, tls_config: {ca_file: CA, server_name: good.test}}}
  starttls:
    prober: tcp
    timeout: 5s
    tcp:
      query_response: [{expect: "^220"}, {send: "STARTTLS\r"}, {expect: "^220"}, {starttls: true}, {send: "EHLO a\r"}, {expect: "^250"}]
      tls_config: {ca_file: CA, server_name: good.test}
  icmp: {prober: icmp, timeout: 5s, icmp: {preferred_ip_protocol: ip4}}
  dns: {prober: dns, timeout: 5s, dns: {preferred_ip_protocol: ip4, query_name: a.test, query_type: A, validate_answer_rrs: {fail_if_none_matches_regexp: ["IN\tA\t192.0.2.1$"]}}}
  grpc: {prober: grpc, timeout: 2s, grpc: {preferred_ip_protocol: ip4}}
  grpc_down: {prober: grpc, timeout: 2s, grpc: {preferred_ip_protocol: ip4, service: down}}
  grpc_gone: {prober: grpc, timeout: 2s, grpc: {preferred_ip_protocol: ip4, service: gone}}
  grpc_tls: {prober: grpc, timeout: 2s, grpc: {preferred_ip_protocol: ip4, tls: true, tls_config: {ca_file: CA, server_name: good.test}}}
  nxdomain: {prober: dns, timeout: 5s, dns: {query_name: no.test, query_type: A, valid_rcodes: [NXDOMAIN]}}
)";

// Whose value depends on the moment.
bool is_timing(const std::string& series) { return series.find("_duration_seconds") != std::string::npos || series.starts_with("probe_dns_lookup_time"); }

// What the packaged version did not have yet.
bool is_newer(const std::string& series) { return series.starts_with("probe_tls_cipher_info"); }

// Later versions name the certificate's serial number, too.
std::string without_serial(const std::string& series) {
    const auto at = series.find("serialnumber=");
    if (at == std::string::npos) return series;
    const auto end = series.find("\",", at);
    return series.substr(0, at) + series.substr(end + 2);
}

class Both {
public:
    Both() : certificate_(make_certificate({.common_name = "good.test", .names = "DNS:good.test,DNS:other.test"})), ours_("modules: {}") {
        const auto ca = ours_.directory() + "/ca.pem";
        std::ofstream(ca) << certificate_.pem();
        std::string modules = kModules;
        for (auto at = modules.find("CA,"); at != std::string::npos; at = modules.find("CA,")) modules.replace(at, 2, ca);
        ours_.write_modules(modules);
        ours_.reload();
        theirs_ = std::make_unique<RealExporter>(ours_.modules_file());
    }

    // The same series with the same values, but for `lacking`, which we do not know, and `own`, which they do not.
    void compare(const std::string& query, bool succeeds, const std::set<std::string>& lacking = {}, const std::set<std::string>& own = {}) {
        CAPTURE(query);
        const auto ours = ours_.probe(query);
        auto theirs = theirs_->probe(query);
        CHECK(ours.at("probe_success") == (succeeds ? 1 : 0));
        for (const auto& [series, value] : ours) {
            if (is_newer(series) || own.count(series) == 1) continue;
            CAPTURE(series);
            const auto same = theirs.find(without_serial(series));
            CHECK(same != theirs.end());
            if (same == theirs.end()) continue;
            if (!is_timing(series)) CHECK(value == same->second);
            theirs.erase(same);
        }
        for (const auto& [series, value] : theirs) CHECK_MESSAGE(lacking.count(series) == 1, "not told by us: " << series);
    }

    [[nodiscard]] std::string directory() const { return ours_.directory(); }

    Certificate certificate_;

private:
    Exporter ours_;
    std::unique_ptr<RealExporter> theirs_;
};

void answer_lines(int fd) {
    char asked[6] = {};
    if (::recv(fd, asked, sizeof asked, MSG_WAITALL) != 6) return;
    send_all(fd, "220-first\r\n220 second\r\nok\r\n");
    while (::recv(fd, asked, 1, 0) > 0) {
    }
}

bool agree_to_tls(int fd) {
    send_all(fd, "220 ready\r\n");
    char asked[10] = {};
    if (::recv(fd, asked, sizeof asked, MSG_WAITALL) != 10 || std::string_view(asked, 10) != "STARTTLS\r\n") return false;
    return send_all(fd, "220 go\r\n");
}

}  // namespace

TEST_CASE("what the agent tells of a probe is what blackbox_exporter tells of it") {
    if (!RealExporter::is_there()) {
        MESSAGE("not compared: prometheus-blackbox-exporter is not installed");
        return;
    }
    Both both;
    RawServer good(answering("HTTP/1.1 200 OK\r\nX-Kind: good\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 5\r\n\r\nhello"));
    RawServer wrong(answering("HTTP/1.1 200 OK\r\nX-Kind: good\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwrong\r\n0\r\n\r\n"));
    RawServer gone(answering("HTTP/1.0 404 Not Found\r\nX-Kind: good\r\n\r\nnowhere"));
    const auto http = [](int port) { return "http://127.0.0.1:" + std::to_string(port) + "/"; };
    both.compare("module=http&target=" + http(good.port()), true);
    both.compare("module=http&target=" + http(wrong.port()), false);
    both.compare("module=http&target=" + http(gone.port()), false);
    both.compare("module=http&target=" + http(closed_port()), false);

    TlsServer tls(both.certificate_, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const auto at = [](int port) { return "127.0.0.1:" + std::to_string(port); };
    both.compare("module=https&target=https://" + at(tls.port()), true);
    both.compare("module=tls&target=" + at(tls.port()), true);

    RawServer lines(answer_lines);
    both.compare("module=tcp&target=" + at(lines.port()), true);
    both.compare("module=tcp&target=" + at(closed_port()), false);
    both.compare("module=banner&target=" + at(lines.port()), true);
    both.compare("module=wrong&target=" + at(lines.port()), false);  // which holds the connection
    RawServer closing([](int fd) { send_all(fd, "220-first\r\n"); ::shutdown(fd, SHUT_WR); read_request(fd); });
    both.compare("module=wrong&target=" + at(closing.port()), false);
    TlsServer mail(
        both.certificate_,
        [](TlsEnd& end) {
            end.read();
            end.write("250 hello\r\n");
        },
        {}, agree_to_tls);
    both.compare("module=starttls&target=" + at(mail.port()), true);

    both.compare("module=icmp&target=127.0.0.1", true, {"probe_icmp_duration_seconds{phase=\"setup\"}"});

    DnsServer names([](const std::string& name, DnsType) { return name == "no.test" ? DnsAnswer{.rcode = 3} : DnsAnswer{.addresses = {"192.0.2.1", "192.0.2.2"}}; });
    const std::set<std::string> connect{"probe_dns_duration_seconds{phase=\"connect\"}"};
    both.compare("module=dns&target=" + names.address(), true, connect);
    both.compare("module=nxdomain&target=" + names.address(), true, connect);
}

TEST_CASE("what the agent tells of a gRPC server is what blackbox_exporter tells of it") {
    if (!RealExporter::is_there()) {
        MESSAGE("not compared: prometheus-blackbox-exporter is not installed");
        return;
    }
    Both both;
    const auto at = [](int port) { return "127.0.0.1:" + std::to_string(port); };
    PythonServer server("tests/integration/agent/grpc_server.py");
    const std::set<std::string> no_certificate{"probe_ssl_earliest_cert_expiry"};  // which they tell all the same
    both.compare("module=grpc&target=" + at(server.port()), true, no_certificate);
    for (const auto* module : {"grpc_down", "grpc_gone"}) both.compare("module=" + std::string(module) + "&target=" + at(server.port()), false, no_certificate);
    both.compare("module=grpc&target=" + at(closed_port()), false, no_certificate);
    PythonServer bare("tests/integration/agent/grpc_server.py", {"bare"});  // which knows no health checks
    both.compare("module=grpc&target=" + at(bare.port()), false, no_certificate);
    const auto certificate = both.directory() + "/certificate.pem";
    const auto key = both.directory() + "/key.pem";
    std::ofstream(certificate) << both.certificate_.pem();
    std::ofstream(key) << both.certificate_.key_pem();
    PythonServer secured("tests/integration/agent/grpc_server.py", {certificate, key});
    both.compare("module=grpc_tls&target=" + at(secured.port()), true, {}, {"probe_ssl_last_chain_expiry_timestamp_seconds"});
}

}  // namespace blackbox_comparison_test
