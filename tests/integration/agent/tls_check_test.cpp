// The kind `tls` against servers with certificates made for the purpose.
#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "lib/check/judge.h"
#include "lib/db/session.h"
#include "tests/integration/agent/bench.h"
#include "tests/integration/agent/tls_server.h"
#include "tests/support/servers.h"

namespace tls_check_test {

using namespace sonde;
using namespace sonde::test;
using check::Distrust;
using check::FailureClass;
using check::StartTls;
using check::TlsSpec;
using check::Verdict;

namespace {

constexpr long kDay = 86'400;

// An authority, and one below it that it vouches for.
struct World {
    Certificate authority = make_certificate({.common_name = "Root", .names = "", .is_authority = true});
    Certificate middle = make_certificate({.common_name = "Middle", .names = "", .is_authority = true}, &authority);
    Certificate good = make_certificate({.common_name = "good.test", .names = "DNS:good.test,IP:127.0.0.1", .valid_to_s = 90 * kDay}, &authority);
    [[nodiscard]] TlsSpec spec(int port) const {
        TlsSpec spec;
        spec.host = "good.test";
        spec.port = port;
        spec.ca = authority.pem();
        return spec;
    }
};

void say_nothing(TlsEnd& end) { end.read(); }

check::Judgement judged(const TlsSpec& spec, const Seen& seen) { return check::judge(check::Spec{spec}, seen, wall_now()); }

std::filesystem::path data_directory(const PostgresServer& postgres) {
    metrics::Registry registry;
    db::StatementTimes times(registry);
    db::Session session({.dsn = postgres.dsn(), .application_name = "test"}, times);
    session.set_up();
    session.begin();
    const auto rows = session.run_text("show data_directory", {});
    return std::string(rows[0].text(0));
}

// A file that its owner alone may read, as PostgreSQL wants its key; its owner is that of the directory.
void put(const std::filesystem::path& directory, const std::string& name, const std::string& text) {
    const auto file = directory / name;
    std::ofstream(file) << text;
    struct stat owner {};
    REQUIRE(::stat(directory.c_str(), &owner) == 0);
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
    REQUIRE(::chown(file.c_str(), owner.st_uid, owner.st_gid) == 0);
}

microseconds thread_cpu() {
    rusage use{};
    ::getrusage(RUSAGE_THREAD, &use);
    return seconds{use.ru_utime.tv_sec + use.ru_stime.tv_sec} + microseconds{use.ru_utime.tv_usec + use.ru_stime.tv_usec};
}

// What the client says next, up to the end of a line.
std::string line_from(int fd) {
    std::string line;
    char byte = 0;
    while (::recv(fd, &byte, 1, 0) == 1) {
        line += byte;
        if (byte == '\n') break;
    }
    return line;
}

}  // namespace

TEST_CASE("a good server is up, and all there is to know of it is in the facts") {
    World world;
    Bench bench;
    const auto leaf = make_certificate({.common_name = "good.test", .names = "DNS:good.test,DNS:*.good.test", .valid_to_s = 90 * kDay}, &world.middle);
    TlsServer server(leaf, say_nothing, {.intermediate = &world.middle});
    const auto spec = world.spec(server.port());
    const auto seen = bench.run(spec);
    REQUIRE_MESSAGE(!seen.failure, describe(seen));
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, judged(spec, seen).message);
    REQUIRE(seen.tls);
    CHECK(seen.tls->verified);
    CHECK(seen.tls->doubts.empty());
    CHECK(seen.tls->protocol == "TLSv1.3");
    CHECK(seen.tls->cipher.starts_with("TLS_"));
    const auto& certificate = seen.tls->certificate;
    CHECK(certificate.issuer == "CN=Middle");
    CHECK(certificate.names == std::vector<std::string>{"DNS:good.test", "DNS:*.good.test"});
    CHECK(certificate.key_type == "EC");
    CHECK(certificate.key_bits == 256);
    CHECK(certificate.signature == "ecdsa-with-SHA256");
    CHECK(certificate.digest == "SHA256");
    CHECK(certificate.fingerprint.size() == 64);
    REQUIRE(seen.tls->issuers.size() == 1);
    CHECK(seen.tls->issuers[0].subject == "CN=Middle");
    CHECK(seen.phases.tls > microseconds{0});
    CHECK(seen.find<check::HandshakeFacts>()->server_name == "good.test");
}

TEST_CASE("each way in which a chain can be bad has its reason and its class, and hides no other fact") {
    World world;
    World stranger;
    Bench bench;
    struct Row {
        const char* what;
        CertificateRequest request;
        const Certificate* issuer;
        Distrust why;
        FailureClass cause;
    };
    const Row rows[] = {
        {"expired", {.common_name = "a", .names = "DNS:good.test", .valid_from_s = -2 * kDay, .valid_to_s = -kDay}, &world.authority, Distrust::expired, FailureClass::tls_expired},
        {"not yet valid", {.common_name = "a", .names = "DNS:good.test", .valid_from_s = kDay, .valid_to_s = 90 * kDay}, &world.authority, Distrust::not_yet_valid, FailureClass::tls_expired},
        {"self-signed", {.common_name = "a", .names = "DNS:good.test", .valid_to_s = 90 * kDay}, nullptr, Distrust::self_signed, FailureClass::tls_untrusted},
        {"unknown issuer", {.common_name = "a", .names = "DNS:good.test", .valid_to_s = 90 * kDay}, &stranger.middle, Distrust::unknown_issuer, FailureClass::tls_untrusted},
        {"incomplete chain", {.common_name = "a", .names = "DNS:good.test", .valid_to_s = 90 * kDay}, &world.middle, Distrust::unknown_issuer, FailureClass::tls_untrusted},
        {"wrong host", {.common_name = "a", .names = "DNS:else.test", .valid_to_s = 90 * kDay}, &world.authority, Distrust::wrong_host, FailureClass::tls_hostname},
    };
    for (const auto& row : rows) {
        TlsServer server(make_certificate(row.request, row.issuer), say_nothing);
        auto spec = world.spec(server.port());
        const auto seen = bench.run(spec);
        REQUIRE_MESSAGE(!seen.failure, std::string(row.what), describe(seen));
        REQUIRE(!seen.tls->doubts.empty());
        CHECK_MESSAGE(seen.tls->doubts.front().why == row.why, std::string(row.what), seen.tls->doubts.front().words);
        CHECK(!seen.tls->doubts.front().words.empty());
        CHECK(seen.tls->certificate.subject == "CN=a");
        const auto judgement = judged(spec, seen);
        CHECK(judgement.verdict == Verdict::down);
        CHECK_MESSAGE(judgement.cause == row.cause, std::string(row.what), judgement.message);
        spec.verify = false;
        const bool is_dated = row.cause == FailureClass::tls_expired;
        CHECK(judged(spec, bench.run(spec)).verdict == (is_dated ? Verdict::down : Verdict::up));
    }
}

TEST_CASE("several doubts are all told: expired, self-signed, and for another name") {
    World world;
    Bench bench;
    TlsServer server(make_certificate({.common_name = "a", .names = "DNS:else.test", .valid_from_s = -2 * kDay, .valid_to_s = -kDay}), say_nothing);
    const auto spec = world.spec(server.port());
    const auto seen = bench.run(spec);
    std::vector<Distrust> reasons;
    for (const auto& doubt : seen.tls->doubts) reasons.push_back(doubt.why);
    CHECK(reasons == std::vector<Distrust>{Distrust::self_signed, Distrust::expired, Distrust::wrong_host});
    int failing = 0;
    for (const auto& result : judged(spec, seen).assertions) failing += result.verdict == Verdict::down ? 1 : 0;
    CHECK(failing == 3);
}

TEST_CASE("a server name of its own is asked for and held against the certificate") {
    World world;
    Bench bench;
    TlsServer server(make_certificate({.common_name = "a", .names = "DNS:inner.test", .valid_to_s = 90 * kDay}, &world.authority), say_nothing);
    auto spec = world.spec(server.port());
    spec.host = "127.0.0.1";
    CHECK(judged(spec, bench.run(spec)).cause == FailureClass::tls_hostname);
    spec.server_name = "inner.test";
    CHECK(judged(spec, bench.run(spec)).verdict == Verdict::up);
}

TEST_CASE("old versions, short keys and SHA-1 are seen, and refused by default") {
    World world;
    Bench bench;
    const auto reason = [&](const Certificate& certificate, int version, TlsSpec spec) {
        TlsServer server(certificate, say_nothing, {.only_version = version});
        spec.port = server.port();
        const auto seen = bench.run(spec);
        REQUIRE_MESSAGE(!seen.failure, describe(seen));
        return judged(spec, seen).message;
    };
    auto spec = world.spec(0);
    CHECK(reason(world.good, TLS1_2_VERSION, spec).empty());
    CHECK(reason(world.good, TLS1_1_VERSION, spec) == "protocol is TLSv1.1, must be TLSv1.2 or later");
    CHECK(reason(world.good, TLS1_VERSION, spec) == "protocol is TLSv1, must be TLSv1.2 or later");
    auto strict = spec;
    strict.min_version = check::TlsVersion::tls_1_3;
    CHECK(reason(world.good, TLS1_2_VERSION, strict) == "protocol is TLSv1.2, must be TLSv1.3 or later");
    const auto small = make_certificate({.common_name = "small", .names = "DNS:good.test", .valid_to_s = 90 * kDay, .rsa_bits = 1024}, &world.authority);
    CHECK(reason(small, 0, spec) == "certificate keys is RSA with 1024 bits (CN=small), must be at least 2048 bits, 224 on a curve");
    auto lenient = spec;
    lenient.min_rsa_bits = 1024;
    CHECK(reason(small, 0, lenient).empty());
    const auto weak = make_certificate({.common_name = "weak", .names = "DNS:good.test", .valid_to_s = 90 * kDay, .signs_sha1 = true}, &world.authority);
    CHECK(reason(weak, 0, spec) == "certificate signatures is ecdsa-with-SHA1 (CN=weak), must be neither MD5 nor SHA-1");
    lenient.allow_weak_signature = true;
    CHECK(reason(weak, 0, lenient).empty());
}

TEST_CASE("a stapled answer that says revoked is believed if the issuer signed it, and only then") {
    World world;
    World stranger;
    Bench bench;
    const auto doubts = [&](const std::string& stapled) {
        TlsServer server(world.good, say_nothing, {.stapled = stapled});
        const auto seen = bench.run(world.spec(server.port()));
        REQUIRE_MESSAGE(!seen.failure, describe(seen));
        return seen.tls->doubts;
    };
    const auto revoked = doubts(ocsp_response(world.good, world.authority, true));
    REQUIRE(revoked.size() == 1);
    CHECK(revoked[0].why == Distrust::revoked);
    CHECK(revoked[0].words == "certificate revoked, says the stapled OCSP answer: keyCompromise");
    CHECK(doubts(ocsp_response(world.good, world.authority, false)).empty());
    CHECK(doubts(ocsp_response(world.good, stranger.authority, true)).empty());
    CHECK(doubts("no OCSP at all").empty());
}

TEST_CASE("TLS begins after the protocol's own words where it is asked for so") {
    World world;
    Bench bench;
    struct Row {
        StartTls protocol;
        const char* greeting;
        std::vector<std::pair<std::string, std::string>> turns;  // what is asked, and the answer
    };
    const Row rows[] = {
        {StartTls::smtp, "220-mail.test\r\n220 ESMTP\r\n", {{"EHLO sonde.invalid\r\n", "250-mail.test\r\n250-STARTTLS\r\n250 HELP\r\n"}, {"STARTTLS\r\n", "220 go ahead\r\n"}}},
        {StartTls::imap, "* OK IMAP4rev2 ready\r\n", {{"s1 STARTTLS\r\n", "* CAPABILITY IMAP4rev2\r\ns1 OK begin\r\n"}}},
        {StartTls::pop3, "+OK ready\r\n", {{"STLS\r\n", "+OK begin\r\n"}}},
        {StartTls::ftp, "220-Welcome\r\n  to this server\r\n220 ready\r\n", {{"AUTH TLS\r\n", "234 begin\r\n"}}},
    };
    for (const auto& row : rows) {
        // Byte by byte, as the worst network would.
        const auto dribble = [](int fd, std::string_view text) {
            for (const char c : text) {
                if (!send_all(fd, {&c, 1})) return;
            }
        };
        TlsServer server(world.good, say_nothing, {}, [&](int fd) {
            dribble(fd, row.greeting);
            for (const auto& [asked, answer] : row.turns) {
                if (line_from(fd) != asked) return false;
                dribble(fd, answer);
            }
            return true;
        });
        auto spec = world.spec(server.port());
        spec.starttls = row.protocol;
        const auto seen = bench.run(spec);
        CHECK_MESSAGE(!seen.failure, describe(seen));
        CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, judged(spec, seen).message);
        CHECK(std::string(row.greeting).starts_with(seen.find<check::HandshakeFacts>()->greeting));
        CHECK(!seen.find<check::HandshakeFacts>()->greeting.empty());
    }
}

TEST_CASE("PostgreSQL and LDAP are asked for TLS in their own bytes") {
    World world;
    Bench bench;
    struct Row {
        StartTls protocol;
        std::size_t asked;
        std::string answer;
        FailureClass cause;
    };
    const std::string success("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00", 14);
    const std::string refusal("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00", 14);
    for (const auto& row : {Row{StartTls::postgres, 8, "S", FailureClass::none}, Row{StartTls::postgres, 8, "N", FailureClass::tls_handshake},
                            Row{StartTls::ldap, 31, success, FailureClass::none}, Row{StartTls::ldap, 31, refusal, FailureClass::tls_handshake},
                            Row{StartTls::ldap, 31, "220 hello", FailureClass::tls_handshake},
                            Row{StartTls::ldap, 31, success + "x", FailureClass::tls_handshake}}) {
        TlsServer server(world.good, say_nothing, {}, [&](int fd) {
            std::string asked(row.asked, '\0');
            if (::recv(fd, asked.data(), asked.size(), MSG_WAITALL) != static_cast<ssize_t>(asked.size())) return false;
            return send_all(fd, row.answer);
        });
        auto spec = world.spec(server.port());
        spec.starttls = row.protocol;
        const auto seen = bench.run(spec);
        CHECK_MESSAGE(seen.failure.cause == row.cause, describe(seen));
    }
}

TEST_CASE("who refuses TLS, says more than it should, closes, resets or keeps silent before TLS is told from the others") {
    World world;
    Bench bench;
    struct Row {
        const char* what;
        RawServer::Serve serve;
        FailureClass cause;
        const char* words;
    };
    const Row rows[] = {
        {"refuses",
         [](int fd) {
             send_all(fd, "220 a\r\n");
             line_from(fd);
             send_all(fd, "250 a\r\n");
             line_from(fd);
             send_all(fd, "454 not today\r\n");
             line_from(fd);
         },
         FailureClass::tls_handshake, "refuses STARTTLS: 454 not today"},
        {"injected",
         [](int fd) {
             send_all(fd, "220 a\r\n");
             line_from(fd);
             send_all(fd, "250 a\r\n");
             line_from(fd);
             send_all(fd, "220 go\r\n250 injected\r\n");
             line_from(fd);
         },
         FailureClass::tls_handshake, "says more than that it agrees to TLS"},
        {"busy", [](int fd) { send_all(fd, "554 go away\r\n"); line_from(fd); }, FailureClass::tls_handshake, "does not greet: 554 go away"},
        {"endless",
         [](int fd) {
             while (send_all(fd, "220-more\r\n")) {
             }
         },
         FailureClass::tls_handshake, "says more than 16384 bytes before TLS"},
        {"closes", [](int fd) { send_all(fd, "220-a\r\n"); }, FailureClass::tls_handshake, "closed the connection before it agreed to TLS"},
        {"resets", [](int fd) { send_all(fd, "220 a\r\n"); line_from(fd); reset(fd); }, FailureClass::reset, "was lost: Connection reset by peer"},
        {"silent", [](int fd) { line_from(fd); }, FailureClass::timeout_total, "300 ms were over waiting for the agreement to TLS of"},
    };
    for (const auto& row : rows) {
        RawServer server(row.serve);
        auto spec = world.spec(server.port());
        spec.starttls = StartTls::smtp;
        const auto seen = bench.run(spec, milliseconds{std::strcmp(row.what, "silent") == 0 ? 300 : 5000});
        CHECK_MESSAGE(seen.failure.cause == row.cause, std::string(row.what), describe(seen));
        CHECK_MESSAGE(seen.failure.message.find(row.words) != std::string::npos, std::string(row.what), describe(seen));
        CHECK(seen.failure.phase == check::Phase::tls);
    }
}

TEST_CASE("within the handshake: no TLS, a close, a reset, silence, and a peer that never stops sending") {
    World world;
    Bench bench;
    const auto run = [&](RawServer::Serve serve, milliseconds timeout = milliseconds{5000}) {
        RawServer server(std::move(serve));
        auto seen = bench.run(world.spec(server.port()), timeout);
        CHECK(seen.failure.phase == check::Phase::tls);
        return seen;
    };
    const auto hello = [](int fd) {
        char bytes[4096];
        static_cast<void>(::recv(fd, bytes, sizeof bytes, 0));
    };
    CHECK(run([&](int fd) { hello(fd); send_all(fd, "SSH-2.0-OpenSSH_9.2\r\n"); hello(fd); }).failure.cause == FailureClass::tls_handshake);
    const auto closed = run([&](int fd) { hello(fd); });
    CHECK(closed.failure.message.find("closed the connection during the TLS handshake") != std::string::npos);
    CHECK(closed.failure.cause == FailureClass::tls_handshake);
    CHECK(run([&](int fd) { hello(fd); reset(fd); }).failure.cause == FailureClass::reset);
    const auto silent = run([&](int fd) { hello(fd); hello(fd); }, milliseconds{250});
    CHECK(silent.failure.cause == FailureClass::timeout_total);
    CHECK(silent.failure.message.find("250 ms were over waiting for the TLS handshake of 127.0.0.1") == 0);
    const std::string noise(65536, '\x16');
    CHECK(run([&](int fd) { while (send_all(fd, noise)) {} }).failure.cause == FailureClass::tls_handshake);
}

TEST_CASE("a check costs less than 8 ms of CPU, however many authorities there are, and they are read once") {
    World world;
    TempDir directory;
    const auto bundle = directory.path() + "/ca.pem";
    {
        std::ofstream out(bundle);
        // As many as a distribution ships.
        for (int i = 0; i < 140; ++i) out << make_certificate({.common_name = "Authority " + std::to_string(i), .names = "", .is_authority = true}).pem();
        out << world.authority.pem();
    }
    Bench bench({}, bundle);
    TlsServer server(world.good, say_nothing);
    auto spec = world.spec(server.port());
    spec.ca.clear();
    REQUIRE(judged(spec, bench.run(spec)).verdict == Verdict::up);  // reads the bundle
    std::ofstream(bundle) << "";
    constexpr int kChecks = 40;
    const auto before = thread_cpu();
    for (int i = 0; i < kChecks; ++i) REQUIRE(judged(spec, bench.run(spec)).verdict == Verdict::up);
    const auto each = (thread_cpu() - before) / kChecks;
    CHECK_MESSAGE(each < milliseconds{15}, each.count(), " us a check");  // read anew for each check they cost 25 and more
}

TEST_CASE("a real PostgreSQL says so if it has no TLS, and agrees if it has") {
    World world;
    Bench bench;
    PostgresServer postgres(false);
    const auto dsn = postgres.dsn().reveal();
    const auto port = dsn.substr(dsn.find("127.0.0.1:") + 10);
    auto spec = world.spec(std::stoi(port));
    spec.starttls = StartTls::postgres;
    const auto without = bench.run(spec);
    CHECK(without.failure.cause == FailureClass::tls_handshake);
    CHECK(without.failure.message.ends_with("has no TLS"));

    const auto directory = data_directory(postgres);
    put(directory, "server.crt", world.good.pem());
    put(directory, "server.key", world.good.key_pem());
    std::ofstream(directory / "postgresql.auto.conf", std::ios::app) << "ssl = on\n";
    postgres.restart();
    const auto with = bench.run(spec);
    REQUIRE_MESSAGE(!with.failure, describe(with));
    CHECK_MESSAGE(judged(spec, with).verdict == Verdict::up, judged(spec, with).message);
    CHECK(with.tls->certificate.subject == "CN=good.test");
}

}  // namespace tls_check_test
