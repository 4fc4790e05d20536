#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include "tests/integration/agent/bench.h"
#include "tests/integration/agent/dns_server.h"
#include "tests/integration/agent/nginx.h"
#include "tests/integration/agent/proxy.h"
#include "tests/integration/agent/raw_server.h"
#include "tests/integration/agent/tls_server.h"

namespace http_connection_test {

using namespace sonde;
using namespace sonde::test;
using check::FailureClass;
using check::HttpSpec;
using check::Phase;

namespace {

const auto* const kOk = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

HttpSpec spec_of(const std::string& url) {
    HttpSpec spec;
    spec.url = url;
    return spec;
}

std::string url_at(const std::string& host, int port, const std::string& scheme = "https") {
    return scheme + "://" + host + ":" + std::to_string(port) + "/";
}

// An authority, and what it has signed.
struct World {
    Certificate authority = make_certificate({.common_name = "Authority", .names = "", .is_authority = true});
    [[nodiscard]] Certificate server(const std::string& name = "good.test") const {
        return make_certificate({.common_name = name, .names = "DNS:" + name}, &authority);
    }
    [[nodiscard]] HttpSpec spec(const std::string& url) const {
        auto spec = spec_of(url);
        spec.connection.tls_ca = authority.pem();
        return spec;
    }
};

// Asks every client for a certificate of `authority`.
auto asking_for(const Certificate& authority) {
    return [&authority](SSL_CTX* context) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.x509.get());
    };
}

}  // namespace

TEST_CASE("any method is sent, with its body, and handles are used again for others") {
    Bench bench;
    std::string request;
    RawServer server([&request](int fd) {
        request = read_request(fd);
        send_all(fd, kOk);
    });
    for (const auto* method : {"PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "POST", "GET"}) {
        auto spec = spec_of(server.url());
        spec.method = method;
        CHECK(bench.run(spec).http().body == "hello");
        CHECK(request.starts_with(std::string(method) + " / HTTP/1.1\r\n"));
        const bool has_length = request.find("Content-Length: 0") != std::string::npos;
        CHECK(has_length == (spec.method == "PUT" || spec.method == "PATCH" || spec.method == "POST"));
        spec.body = "{\"a\":1}";
        bench.run(spec);
        CHECK(request.starts_with(std::string(method) + " / HTTP/1.1\r\n"));
        CHECK(request.ends_with("\r\n\r\n{\"a\":1}"));
    }
    CHECK(bench.run(server.url()).http().status == 200);
    CHECK(request.starts_with("GET / HTTP/1.1\r\n"));
    CHECK(request.ends_with("\r\n\r\n"));
}

TEST_CASE("Host is what the spec says, basic and bearer go to the spec's own origin only") {
    Bench bench;
    std::string request;
    RawServer last([&request](int fd) {
        request = read_request(fd);
        send_all(fd, kOk);
    });
    std::string first_request;
    RawServer first([&](int fd) {
        first_request = read_request(fd);
        send_all(fd, "HTTP/1.1 302 Found\r\nLocation: " + last.url() + "\r\nContent-Length: 0\r\n\r\n");
    });
    auto spec = spec_of(first.url());
    spec.headers = {{"Host", "virtual.example"}};
    spec.auth = {.type = check::HttpAuthType::basic, .username = "me", .password = "p:w"};
    CHECK(bench.run(spec).http().status == 200);
    CHECK(first_request.find("\r\nHost: virtual.example\r\n") != std::string::npos);
    CHECK(first_request.find("\r\nAuthorization: Basic bWU6cDp3\r\n") != std::string::npos);
    CHECK(request.find("\r\nHost: 127.0.0.1:" + std::to_string(last.port()) + "\r\n") != std::string::npos);
    CHECK(request.find("Authorization") == std::string::npos);
    spec.auth = {.type = check::HttpAuthType::bearer, .token = "abc"};
    bench.run(spec);
    CHECK(first_request.find("\r\nAuthorization: Bearer abc\r\n") != std::string::npos);
}

TEST_CASE("a client certificate is shown to the server that asks for it") {
    World world;
    Bench bench;
    const auto own = make_certificate({.common_name = "client", .names = ""}, &world.authority);
    TlsServer server(world.server(), kOk, {.settings = asking_for(world.authority)});
    auto spec = world.spec(url_at("good.test", server.port()));
    spec.connection.tls_certificate = own.pem();
    spec.connection.tls_key = own.key_pem();
    auto seen = bench.run(spec);
    CHECK_MESSAGE(seen.http().status == 200, describe(seen));
    // Without it, and with one that nobody signed, the handshake fails; that the handle had one before is forgotten.
    seen = bench.run(world.spec(url_at("good.test", server.port())));
    CHECK_MESSAGE(seen.failure.cause == FailureClass::tls_handshake, describe(seen));
    const auto stranger = make_certificate({.common_name = "stranger", .names = ""});
    spec.connection.tls_certificate = stranger.pem();
    spec.connection.tls_key = stranger.key_pem();
    seen = bench.run(spec);
    CHECK_MESSAGE(seen.failure.cause == FailureClass::tls_handshake, describe(seen));
}

TEST_CASE("the spec's own authorities take the place of the agent's") {
    World world;
    World other;
    Bench bench;
    TlsServer server(world.server(), kOk);
    CHECK(bench.run(url_at("good.test", server.port())).failure.cause == FailureClass::tls_untrusted);
    CHECK(bench.run(world.spec(url_at("good.test", server.port()))).http().status == 200);
    CHECK(bench.run(other.spec(url_at("good.test", server.port()))).failure.cause == FailureClass::tls_untrusted);
}

TEST_CASE("another name may be asked for and verified, or none") {
    World world;
    Bench bench;
    std::string shown;
    TlsServer server(world.server("inner.example"), kOk, {.settings = [&shown](SSL_CTX* context) {
        SSL_CTX_set_tlsext_servername_arg(context, &shown);
        int (*const note_name)(SSL*, int*, void*) = [](SSL* ssl, int* /*alert*/, void* to) {
            const auto* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
            *static_cast<std::string*>(to) = name == nullptr ? "" : name;
            return SSL_TLSEXT_ERR_OK;
        };
        // SSL_CTX_set_tlsext_servername_callback, without its cast.
        SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, reinterpret_cast<void (*)()>(note_name));
    }});
    auto spec = world.spec(url_at("good.test", server.port()));
    CHECK(bench.run(spec).failure.cause == FailureClass::tls_hostname);
    CHECK(shown == "good.test");
    spec.connection.tls_server_name = "inner.example";
    auto seen = bench.run(spec);
    CHECK_MESSAGE(seen.http().status == 200, describe(seen));
    CHECK(shown == "inner.example");
    spec.connection.tls_server_name = "";
    spec.connection.tls_verify_host = false;
    CHECK(bench.run(spec).http().status == 200);
    World stranger;
    spec.connection.tls_ca = stranger.authority.pem();
    CHECK(bench.run(spec).failure.cause == FailureClass::tls_untrusted);  // the chain is verified all the same
}

TEST_CASE("an older TLS than asked for is refused, and taken where it is allowed") {
    World world;
    Bench bench;
    TlsServer old(world.server(), kOk, {.only_version = TLS1_1_VERSION});
    auto spec = world.spec(url_at("good.test", old.port()));
    CHECK(bench.run(spec).failure.cause == FailureClass::tls_handshake);
    spec.connection.tls_min_version = check::TlsVersion::tls_1_0;
    const auto seen = bench.run(spec);
    CHECK_MESSAGE(seen.http().status == 200, describe(seen));
    TlsServer good(world.server(), kOk, {.only_version = TLS1_2_VERSION});
    spec = world.spec(url_at("good.test", good.port()));
    CHECK(bench.run(spec).http().status == 200);
    spec.connection.tls_min_version = check::TlsVersion::tls_1_3;
    CHECK(bench.run(spec).failure.cause == FailureClass::tls_handshake);
}

TEST_CASE("HTTP/2 alone takes no less, and HTTP/1.1 no more") {
    World world;
    Bench bench;
    TlsServer old(world.server(), kOk);
    auto spec = world.spec(url_at("good.test", old.port()));
    spec.connection.version = check::HttpVersion::http_2;
    auto seen = bench.run(spec);
    CHECK(seen.failure.cause == FailureClass::http_protocol);
    CHECK(seen.failure.message == "127.0.0.1:" + std::to_string(old.port()) + " speaks HTTP/1.1, and HTTP/2 is asked for");
    if (!Nginx::is_there()) return;
    Nginx server(world.server());
    spec = world.spec(url_at("good.test", server.port()));
    spec.connection.version = check::HttpVersion::http_2;
    seen = bench.run(spec);
    CHECK_MESSAGE(seen.http().version == "2", describe(seen));
    spec.connection.version = check::HttpVersion::http_1_1;
    CHECK(bench.run(spec).http().version == "1.1");
    spec.connection.version = check::HttpVersion::any;
    CHECK(bench.run(spec).http().version == "2");
}

TEST_CASE("a proxy is asked for http, and connects for https") {
    World world;
    Bench bench;
    Proxy proxy;
    auto spec = spec_of("http://nowhere.example/path");
    spec.connection.proxy = proxy.url();
    auto seen = bench.run(spec);
    CHECK_MESSAGE(seen.http().body == "by proxy!", describe(seen));
    CHECK(seen.address == "127.0.0.1:" + std::to_string(proxy.port()));
    CHECK(proxy.request().starts_with("GET http://nowhere.example/path HTTP/1.1\r\n"));

    TlsServer server(world.server("nowhere.example"), kOk);
    spec = world.spec(url_at("nowhere.example", server.port()));
    spec.connection.proxy = proxy.url();
    seen = bench.run(spec);
    CHECK_MESSAGE(seen.http().body == "hello", describe(seen));
    CHECK(seen.http().headers.size() == 1);  // none of the proxy's
    CHECK(proxy.request().starts_with("CONNECT nowhere.example:" + std::to_string(server.port()) + " HTTP/1.1\r\n"));
    // The next check, with the same handle, goes straight.
    RawServer plain(answering(kOk));
    CHECK(bench.run(plain.url()).http().body == "hello");
}

TEST_CASE("a proxy that wants credentials gets them, and one that does not connect is told of") {
    World world;
    Bench bench;
    Proxy proxy("me:secret");
    TlsServer server(world.server(), kOk);
    auto spec = world.spec(url_at("good.test", server.port()));
    spec.connection.proxy = proxy.url();
    auto seen = bench.run(spec);
    CHECK(seen.failure.cause == FailureClass::http_protocol);
    CHECK(seen.failure.phase == Phase::connect);
    CHECK(seen.failure.message == "the proxy 127.0.0.1:" + std::to_string(proxy.port()) + " does not connect to https://good.test:" +
                                      std::to_string(server.port()) + ": it answered 407");
    spec.connection.proxy_username = "me";
    spec.connection.proxy_password = "secret";
    seen = bench.run(spec);
    CHECK_MESSAGE(seen.http().status == 200, describe(seen));
    spec.url = url_at("good.test", closed_port());
    CHECK(bench.run(spec).failure.message.find("it answered 502") != std::string::npos);
}

TEST_CASE("the guard looks at the proxy, at an address behind it, at a pinned one and at the name server") {
    Bench bench;
    RawServer server(answering(kOk));
    const auto port = std::to_string(server.port());
    auto spec = spec_of("http://nowhere.example/");
    spec.connection.proxy = "http://127.0.0.66:" + port;
    CHECK(bench.run(spec).failure.cause == FailureClass::blocked_address);
    spec = spec_of("http://169.254.169.254/");
    spec.connection.proxy = "http://127.0.0.1:" + port;
    CHECK(bench.run(spec).failure.cause == FailureClass::blocked_address);
    spec = spec_of(server.url());
    spec.connection.connect_to = "127.0.0.66:" + port;
    CHECK(bench.run(spec).failure.cause == FailureClass::blocked_address);
    spec = spec_of("http://nowhere.example/");
    spec.connection.resolver = "10.0.0.1";
    const auto seen = bench.run(spec);
    CHECK(seen.failure.cause == FailureClass::blocked_address);
    CHECK(seen.failure.message == "the name server: 10.0.0.1 is a private address");
    CHECK(server.connections() == 0);
}

TEST_CASE("a pinned address is connected to instead of the name's, for the first origin only") {
    Bench bench;
    RawServer other(answering(kOk));
    std::string request;
    RawServer pinned([&](int fd) {
        request = read_request(fd);
        send_all(fd, "HTTP/1.1 302 Found\r\nLocation: " + other.url("/next") + "\r\nContent-Length: 0\r\n\r\n");
    });
    auto spec = spec_of("http://nowhere.example/");
    spec.connection.connect_to = "127.0.0.1:" + std::to_string(pinned.port());
    const auto seen = bench.run(spec);
    CHECK_MESSAGE(seen.http().status == 200, describe(seen));
    CHECK(request.find("\r\nHost: nowhere.example\r\n") != std::string::npos);
    CHECK(seen.address == "127.0.0.1:" + std::to_string(other.port()));
}

TEST_CASE("a name server of the spec's own is asked instead of the agent's") {
    DnsServer names([](const std::string& name, DnsType type) -> std::optional<DnsAnswer> {
        if (name != "private.example") return DnsAnswer{.rcode = 3, .addresses = {}};
        return type == DnsType::a ? DnsAnswer{.rcode = 0, .addresses = {"127.0.0.1"}} : DnsAnswer{};
    });
    Bench bench;
    RawServer server(answering(kOk));
    auto spec = spec_of(url_at("private.example", server.port(), "http"));
    spec.connection.resolver = names.address();
    for (int i = 0; i < 3; ++i) {
        const auto seen = bench.run(spec);
        CHECK_MESSAGE(seen.http().status == 200, describe(seen));
    }
    // The hosts file is the agent's: good.test is not in it for this one.
    spec.url = url_at("good.test", server.port(), "http");
    CHECK(bench.run(spec).failure.cause == FailureClass::dns_nxdomain);
}

TEST_CASE("only addresses of the family asked for are gone to") {
    DnsServer names([](const std::string&, DnsType type) {
        return type == DnsType::a ? DnsAnswer{.rcode = 0, .addresses = {"127.0.0.1"}} : DnsAnswer{};
    });
    Bench bench;
    RawServer server(answering(kOk));
    auto spec = spec_of(url_at("only4.example", server.port(), "http"));
    spec.connection.resolver = names.address();
    spec.connection.family = check::IpFamily::ipv4;
    CHECK(bench.run(spec).http().status == 200);
    spec.connection.family = check::IpFamily::ipv6;
    const auto seen = bench.run(spec);
    CHECK(seen.failure.cause == FailureClass::dns_nxdomain);
    CHECK(seen.failure.message == "the name only4.example has no IPv6 address");
}

}  // namespace http_connection_test
