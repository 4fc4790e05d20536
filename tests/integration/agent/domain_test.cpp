// The kind `domain` against a scripted registry.
#include <doctest/doctest.h>

#include <map>
#include <mutex>

#include "tests/integration/agent/judged.h"
#include "tests/integration/agent/raw_server.h"

namespace domain_test {

using namespace sonde;
using namespace sonde::test;
using check::DomainFacts;
using check::DomainSpec;
using check::FailureClass;
using check::Verdict;

namespace {

DomainSpec spec_of(const std::string& domain, const std::string& more = "") {
    return read_as<DomainSpec>(check::Kind::domain, R"({"domain":")" + domain + "\"" + more + "}");
}

constexpr auto& facts = facts_of<DomainFacts>;

std::string in_days(int days) { return to_rfc3339(wall_now() + std::chrono::hours(24) * days + std::chrono::hours(1)); }

std::string registration(const std::string& domain, const std::string& expires, const std::string& status = "active") {
    return R"({"objectClassName":"domain","ldhName":")" + domain + R"(","status":[")" + status + R"("],"events":[{"eventAction":"registration","eventDate":"2001-01-01T00:00:00Z"},)" +
           R"({"eventAction":"expiration","eventDate":")" + expires + R"("}],"entities":[{"objectClassName":"entity","roles":["registrar"],"vcardArray":["vcard",)" +
           R"([["version",{},"text","4.0"],["fn",{},"text","Good Names, Inc."]]]}],"nameservers":[{"ldhName":"B.NS.test."},{"ldhName":"a.ns.test"}],"secureDNS":{"delegationSigned":true}})";
}

std::string answer(const std::string& body, const std::string& status = "200 OK", const std::string& type = "application/rdap+json") {
    return "HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

// Answers by path; what has no answer is left to wait.
class Registry {
public:
    Registry()
        : server_([this](int fd) {
              const auto request = read_request(fd);
              const auto begin = request.find(' ') + 1;
              const auto path = request.substr(begin, request.find(' ', begin) - begin);
              std::string text;
              {
                  const std::lock_guard lock(mutex_);
                  ++asked_[path];
                  last_ = request;
                  if (const auto known = answers_.find(path); known != answers_.end()) text = known->second;
              }
              if (!text.empty()) return static_cast<void>(send_all(fd, text));
              wait_for_end(fd);
          }) {
        list(R"([[["test"],["http://good.test:PORT/rdap"]],[["special.test"],["http://good.test:PORT/special/"]]])");
    }

    void set(const std::string& path, std::string text) {
        const std::lock_guard lock(mutex_);
        answers_[path] = std::move(text);
    }
    void list(std::string services) {
        for (auto at = services.find("PORT"); at != std::string::npos; at = services.find("PORT")) services.replace(at, 4, std::to_string(server_.port()));
        set("/dns.json", answer(R"({"version":"1.0","services":)" + services + "}", "200 OK", "application/json"));
    }
    [[nodiscard]] std::string bootstrap() const { return server_.url("/dns.json"); }
    [[nodiscard]] std::string base() const { return "http://good.test:" + std::to_string(server_.port()) + "/own/"; }
    [[nodiscard]] int asked(const std::string& path) {
        const std::lock_guard lock(mutex_);
        return asked_[path];
    }
    [[nodiscard]] std::string last() {
        const std::lock_guard lock(mutex_);
        return last_;
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::string> answers_;
    std::string last_;
    std::map<std::string, int> asked_;
    RawServer server_;
};

}  // namespace

TEST_CASE("the registry that IANA's list names is asked, and what it says of the domain is told") {
    Registry registry;
    Bench bench({}, "", registry.bootstrap());
    registry.set("/rdap/domain/example.test", answer(registration("EXAMPLE.test", in_days(100))));
    registry.set("/special/domain/a.special.test", answer(registration("a.special.test", in_days(20))));
    const auto spec = spec_of("Example.test", R"(,"registrar":"good names","nameservers":["a.ns.test","b.ns.test"])");
    const auto seen = bench.run(spec);
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, describe(seen), judged(spec, seen).message);
    CHECK(facts(seen).registrar == "Good Names, Inc.");
    CHECK(facts(seen).nameservers == std::vector<std::string>{"b.ns.test", "a.ns.test"});
    CHECK(facts(seen).is_signed == true);
    CHECK(facts(seen).source.find("/rdap/domain/example.test") != std::string::npos);
    CHECK(seen.address.starts_with("127.0.0.1:"));
    CHECK(registry.last().find("Accept: application/rdap+json") != std::string::npos);
    const auto special = spec_of("a.special.test");
    CHECK(judged(special, bench.run(special)).verdict == Verdict::degraded);
    bench.run(special);
    CHECK(registry.asked("/dns.json") == 1);  // the list is kept
    CHECK(registry.asked("/special/domain/a.special.test") == 2);
}

TEST_CASE("a domain that is over, on hold or gone is down by its registry's own words") {
    Registry registry;
    Bench bench;
    const auto judgement_of = [&](const std::string& text) {
        registry.set("/own/domain/example.test", text);
        const auto spec = spec_of("example.test", R"(,"rdap_server":")" + registry.base() + "\"");
        return judged(spec, bench.run(spec));
    };
    CHECK(judgement_of(answer(registration("example.test", in_days(-3)))).message.find("expiration is past, since ") == 0);
    CHECK(judgement_of(answer(registration("example.test", in_days(5)))).verdict == Verdict::down);
    CHECK(judgement_of(answer(registration("example.test", in_days(100), "client hold"))).message.find("status is client hold") == 0);
    CHECK(judgement_of(answer(registration("example.test", in_days(100), "redemption period"))).verdict == Verdict::down);
    CHECK(judgement_of(answer("", "404 Not Found")).message.find("registration is not there") == 0);
    CHECK(judgement_of(answer(R"({"errorCode":404,"title":"no"})", "404 Not Found", "application/json")).verdict == Verdict::down);
    CHECK(registry.asked("/dns.json") == 0);
}

TEST_CASE("a registry that is broken says nothing of the domain: unknown, never down") {
    Registry registry;
    Bench bench;
    const auto judgement_of = [&](const std::string& text, milliseconds timeout = milliseconds{5000}) {
        registry.set("/own/domain/example.test", text);
        const auto spec = spec_of("example.test", R"(,"rdap_server":")" + registry.base() + "\"");
        const auto judgement = judged(spec, bench.run(spec, timeout));
        CHECK(judgement.verdict == Verdict::unknown);
        CHECK(judgement.cause == FailureClass::agent_error);
        return judgement.message;
    };
    CHECK(judgement_of(answer("<html>", "404 Not Found", "text/html")).find("it answered HTTP/1.1 404 Not Found") != std::string::npos);
    CHECK(judgement_of(answer("", "429 Too Many Requests")).find("429") != std::string::npos);
    CHECK(judgement_of(answer("", "500 Oops")).find("500") != std::string::npos);
    CHECK(judgement_of(answer("<html>")).find("is not valid JSON") != std::string::npos);
    CHECK(judgement_of(answer("[]")).find("is not about a domain") != std::string::npos);
    CHECK(judgement_of(answer(registration("other.test", in_days(-3)))).find("is about another domain: other.test") != std::string::npos);
    CHECK(judgement_of(answer(registration("example.test", "tomorrow"))) == "expiration is not told by the registry, must be more than 30 days away");
    CHECK(judgement_of(answer(std::string(300 * 1024, ' '))).find("longer than") != std::string::npos);
    CHECK(judgement_of("", milliseconds{300}).find("300 ms were over waiting for http://good.test:") == 0);
    auto spec = spec_of("example.test", R"(,"rdap_server":"http://good.test:)" + std::to_string(closed_port()) + "/\"");
    CHECK(judged(spec, bench.run(spec)).verdict == Verdict::unknown);
    spec.rdap_server = "http://blocked.test/";
    const auto blocked = bench.run(spec);
    CHECK(judged(spec, blocked).verdict == Verdict::unknown);
    CHECK(blocked.failure.message.find("127.0.0.66") != std::string::npos);
}

TEST_CASE("without the list, or without an entry in it, it is unknown with the reason, and a list that fails is left alone for a while") {
    Registry registry;
    registry.set("/dns.json", answer("", "503 Unavailable"));
    Bench bench({}, "", registry.bootstrap());
    const auto spec = spec_of("example.test");
    const auto seen = bench.run(spec);
    CHECK(judged(spec, seen).verdict == Verdict::unknown);
    CHECK(seen.failure.message.find("cannot be had: it answered HTTP/1.1 503") != std::string::npos);
    CHECK(bench.run(spec).failure.message == seen.failure.message);
    CHECK(registry.asked("/dns.json") == 1);

    Bench other({}, "", registry.bootstrap());
    registry.list(R"([[["test"],["http://good.test:PORT/rdap/"]]])");
    const auto unlisted = other.run(spec_of("example.invalid"));
    CHECK(unlisted.failure.cause == FailureClass::agent_error);
    CHECK(unlisted.failure.message == "no RDAP server is known for example.invalid: name one as rdap_server");

    Bench waiting({}, "", registry.bootstrap());
    registry.set("/dns.json", "");
    const auto late = waiting.run(spec, milliseconds{300});
    CHECK(late.failure.cause == FailureClass::agent_error);
    CHECK(late.failure.message == "300 ms were over waiting for the list of RDAP servers");
}

}  // namespace domain_test
