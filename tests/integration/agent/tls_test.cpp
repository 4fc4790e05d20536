#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/integration/agent/bench.h"
#include "tests/integration/agent/nginx.h"
#include "tests/integration/agent/tls_server.h"

namespace tls_test {

using namespace sonde;
using namespace sonde::test;
using check::FailureClass;
using check::HttpSpec;

namespace {

const auto* const kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr long kDay = 86'400;

// One authority in a bundle of its own, and the servers it vouches for.
struct World {
    TempDir directory;
    std::string bundle = directory.path() + "/ca.pem";
    explicit World(const std::string& name = "Test Authority")
        : authority(make_certificate({.common_name = name, .names = "", .is_authority = true})) {
        std::ofstream(bundle) << authority.pem();
    }
    Certificate authority;
};

std::string url_of(const TlsServer& server, const std::string& host = "good.test") {
    return "https://" + host + ":" + std::to_string(server.port()) + "/";
}

microseconds thread_cpu() {
    rusage use{};
    ::getrusage(RUSAGE_THREAD, &use);
    return seconds{use.ru_utime.tv_sec + use.ru_stime.tv_sec} + microseconds{use.ru_utime.tv_usec + use.ru_stime.tv_usec};
}

}  // namespace

TEST_CASE("a trusted certificate for the right name is fine, and its facts are kept") {
    World world;
    Bench bench({}, world.bundle);
    TlsServer server(make_certificate({.common_name = "good.test", .names = "DNS:good.test"}, &world.authority), kOk);
    const auto seen = bench.run(url_of(server));
    CHECK_MESSAGE(seen.failure.cause == FailureClass::none, describe(seen));
    CHECK(seen.http().status == 200);
    CHECK(seen.phases.tls > microseconds{0});
    CHECK(seen.phases.total >= seen.phases.tls + seen.phases.first_byte);
    REQUIRE(seen.tls);
    CHECK(seen.tls->certificate.subject == "CN=good.test");
    CHECK(seen.tls->certificate.issuer == "CN=Test Authority");
    CHECK(seen.tls->certificate.not_before < wall_now());
    CHECK(seen.tls->certificate.not_after > wall_now() + seconds{kDay - 600});
    CHECK(seen.tls->certificate.not_after < wall_now() + seconds{kDay + 600});
}

TEST_CASE("each way a certificate can be bad has its class") {
    World world;
    Bench bench({}, world.bundle);
    struct Row {
        const char* what;
        CertificateRequest request;
        bool is_signed;
        FailureClass cause;
    };
    const Row rows[] = {
        {"expired",
         {.common_name = "good.test", .names = "DNS:good.test", .valid_from_s = -2 * kDay, .valid_to_s = -kDay},
         true,
         FailureClass::tls_expired},
        {"not yet valid",
         {.common_name = "good.test", .names = "DNS:good.test", .valid_from_s = kDay, .valid_to_s = 2 * kDay},
         true,
         FailureClass::tls_expired},
        {"self-signed", {.common_name = "good.test", .names = "DNS:good.test"}, false, FailureClass::tls_untrusted},
        {"for another name", {.common_name = "else.test", .names = "DNS:else.test"}, true, FailureClass::tls_hostname},
    };
    for (const auto& row : rows) {
        TlsServer server(make_certificate(row.request, row.is_signed ? &world.authority : nullptr), kOk);
        const auto seen = bench.run(url_of(server));
        CHECK_MESSAGE(seen.failure.cause == row.cause, std::string(row.what), ": ", describe(seen));
        CHECK(seen.http().status == 0);
        REQUIRE(seen.tls);
        CHECK(seen.tls->certificate.subject == "CN=" + row.request.common_name);
    }
}

TEST_CASE("an authority nobody knows makes a certificate untrusted") {
    World world;
    World stranger("Stranger");
    World impostor;  // of the same name, with another key
    Bench bench({}, world.bundle);
    const CertificateRequest request{.common_name = "good.test", .names = "DNS:good.test"};
    TlsServer forged(make_certificate(request, &impostor.authority), kOk);
    CHECK(bench.run(url_of(forged)).failure.cause == FailureClass::tls_untrusted);
    TlsServer server(make_certificate(request, &stranger.authority), kOk);
    const auto seen = bench.run(url_of(server));
    CHECK(seen.failure.cause == FailureClass::tls_untrusted);
    CHECK(seen.failure.message.find(
              "the certificate of good.test is refused: unable to get local issuer certificate (subject CN=good.test") == 0);
}

TEST_CASE("a certificate is good for the address that is in it, and for no other") {
    World world;
    Bench bench({}, world.bundle);
    TlsServer server(make_certificate({.common_name = "x", .names = "IP:127.0.0.1"}, &world.authority), kOk);
    CHECK(bench.run(url_of(server, "127.0.0.1")).http().status == 200);
    CHECK(bench.run(url_of(server, "127.0.0.2")).failure.cause != FailureClass::none);
    CHECK(bench.run(url_of(server, "good.test")).failure.cause == FailureClass::tls_hostname);
}

TEST_CASE("without verification every certificate will do, and is looked at all the same") {
    World world;
    Bench bench({}, world.bundle);
    TlsServer server(make_certificate({.common_name = "else.test", .names = "", .valid_from_s = -2 * kDay, .valid_to_s = -kDay}),
                     kOk);
    HttpSpec spec;
    spec.url = url_of(server);
    spec.tls_verify = false;
    auto seen = bench.run(spec);
    CHECK_MESSAGE(seen.http().status == 200, describe(seen));
    REQUIRE(seen.tls);
    CHECK(seen.tls->certificate.subject == "CN=else.test");
    // And the next check verifies again.
    spec.tls_verify = true;
    CHECK(bench.run(spec).failure.cause == FailureClass::tls_untrusted);
}

TEST_CASE("what is no TLS is tls_handshake, a reset is a reset, silence is a time-out") {
    World world;
    Bench bench({}, world.bundle);
    RawServer plain([](int fd) {
        send_all(fd, kOk);
        read_request(fd);
    });
    CHECK(bench.run(plain.url("/", "https")).failure.cause == FailureClass::tls_handshake);
    RawServer closing([](int fd) {
        char byte[1];
        static_cast<void>(::read(fd, byte, 1));
    });
    const auto closed = bench.run(closing.url("/", "https")).failure.cause;
    // What was not read makes the close a reset, mostly: both are the truth.
    CHECK((closed == FailureClass::reset || closed == FailureClass::tls_handshake));
    RawServer resetting([](int fd) {
        char hello[4096];
        static_cast<void>(::read(fd, hello, sizeof hello));
        reset(fd);
    });
    const auto seen = bench.run(resetting.url("/", "https"));
    CHECK_MESSAGE(seen.failure.cause == FailureClass::reset, describe(seen));
    RawServer silent([](int fd) { read_request(fd); });
    const auto waited = bench.run(silent.url("/", "https"), milliseconds{250});
    CHECK(waited.failure.cause == FailureClass::timeout_total);
    CHECK(waited.failure.message ==
          "250 ms were over waiting for the TLS handshake of 127.0.0.1:" + std::to_string(silent.port()));
    CHECK(waited.phases.tls >= milliseconds{200});
    CHECK(waited.phases.first_byte == microseconds{0});
}

TEST_CASE("HTTP/2 is spoken where the server offers it") {
    if (!Nginx::is_there()) {
        MESSAGE("nginx is not installed: nothing to speak HTTP/2 with");
        return;
    }
    World world;
    Bench bench({}, world.bundle);
    Nginx server(make_certificate({.common_name = "good.test", .names = "DNS:good.test"}, &world.authority));
    const auto url = "https://good.test:" + std::to_string(server.port());
    auto seen = bench.run(url + "/");
    CHECK_MESSAGE(seen.http().status == 200, describe(seen));
    CHECK(seen.http().version == "2");
    CHECK(seen.http().body_bytes == 5);
    seen = bench.run(url + "/large");
    CHECK_MESSAGE(seen.failure.cause == FailureClass::none, describe(seen));
    CHECK(seen.http().body_truncated);
    CHECK(seen.http().body_bytes == 1 << 20);
    HttpSpec spec;
    spec.url = url + "/moved";
    CHECK(bench.run(spec).http().redirects == 1);
    spec.url = url + "/missing";
    spec.method = "POST";
    spec.body = "x";
    CHECK(bench.run(spec).http().status == 404);
}

TEST_CASE("a TLS check costs less than 8 ms of CPU, however many authorities there are") {
    World world;
    {
        // As many as a distribution ships.
        std::ofstream bundle(world.bundle, std::ios::app);
        for (int i = 0; i < 140; ++i)
            bundle
                << make_certificate({.common_name = "Authority " + std::to_string(i), .names = "", .is_authority = true}).pem();
    }
    Bench bench({}, world.bundle);
    TlsServer server(make_certificate({.common_name = "good.test", .names = "DNS:good.test"}, &world.authority), kOk);
    REQUIRE(bench.run(url_of(server)).http().status == 200);  // reads the bundle
    constexpr int kChecks = 40;
    const auto before = thread_cpu();
    for (int i = 0; i < kChecks; ++i) REQUIRE(bench.run(url_of(server)).http().status == 200);
    const auto each = (thread_cpu() - before) / kChecks;
    CHECK_MESSAGE(each < milliseconds{15}, each.count(), " us a check");  // read anew for each check they cost 25 and more
}

}  // namespace tls_test
