#include <doctest/doctest.h>

#include "tests/integration/agent/bench.h"
#include "tests/integration/agent/raw_server.h"

namespace http_redirect_test {

using namespace sonde;
using namespace sonde::test;
using check::FailureClass;
using check::HttpSpec;

namespace {

std::string redirect(int status, const std::string& location) {
    return "HTTP/1.1 " + std::to_string(status) + " Elsewhere\r\nLocation: " + location + "\r\nContent-Length: 2\r\n\r\nno";
}

const auto* const kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Answers by path; keeps the requests.
struct Site {
    using Answers = std::map<std::string, std::string>;
    explicit Site(Answers by_path) : answers(std::move(by_path)), server([this](int fd) { serve(fd); }) {}

    void serve(int fd) {
        const auto request = read_request(fd);
        const auto begin = request.find(' ') + 1;
        const auto path = request.substr(begin, request.find(' ', begin) - begin);
        {
            const std::scoped_lock lock(mutex);
            requests.push_back(request);
        }
        const auto found = answers.find(path);
        send_all(fd, found == answers.end() ? kOk : found->second);
    }
    [[nodiscard]] std::string url(const std::string& path) const { return server.url(path); }

    Answers answers;
    std::mutex mutex;
    std::vector<std::string> requests;
    RawServer server;
};

HttpSpec spec_of(const std::string& url) {
    HttpSpec spec;
    spec.url = url;
    return spec;
}

}  // namespace

TEST_CASE("redirects are followed to the end, relative and absolute ones") {
    Bench bench;
    Site site({{"/a", redirect(301, "b")}, {"/b", redirect(302, "/c?x=1")}});
    site.answers["/c?x=1"] = redirect(307, site.url("/end"));
    const auto seen = bench.run(site.url("/a"));
    CHECK_MESSAGE(seen.http().status == 200, describe(seen));
    CHECK(seen.http().redirects == 3);
    CHECK(seen.http().final_url == site.url("/end"));
    CHECK(site.requests.size() == 4);
    CHECK(seen.http().body_bytes == 2);
}

TEST_CASE("a redirect is not followed unless the spec says so") {
    Bench bench;
    Site site({{"/a", redirect(302, "/b")}});
    auto spec = spec_of(site.url("/a"));
    spec.follow_redirects = false;
    const auto seen = bench.run(spec);
    CHECK(seen.http().status == 302);
    CHECK(seen.http().redirects == 0);
    CHECK(seen.http().final_url.empty());
    CHECK(seen.http().body_bytes == 2);
    CHECK(site.requests.size() == 1);
}

TEST_CASE("a loop of redirects is too_many_redirects after as many as may be") {
    Bench bench;
    Site site({{"/a", redirect(302, "/b")}, {"/b", redirect(302, "/a")}});
    auto seen = bench.run(site.url("/a"));
    CHECK(seen.failure.cause == FailureClass::too_many_redirects);
    CHECK(seen.http().redirects == 10);
    CHECK(site.requests.size() == 11);
    CHECK(seen.failure.message == "more than 10 redirects; the last, of " + site.url("/a") + ", leads to /b");
    auto spec = spec_of(site.url("/a"));
    spec.max_redirects = 0;
    seen = bench.run(spec);
    CHECK(seen.failure.cause == FailureClass::too_many_redirects);
    CHECK(seen.http().redirects == 0);
    CHECK(seen.http().status == 302);
}

TEST_CASE("a redirect without a Location, and other answers of the 300s, are answers") {
    Bench bench;
    Site site(
        {{"/a", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"}, {"/b", "HTTP/1.1 304 Not Modified\r\nLocation: /c\r\n\r\n"}});
    CHECK(bench.run(site.url("/a")).http().status == 302);
    CHECK(bench.run(site.url("/b")).http().status == 304);
}

TEST_CASE("a redirect to a blocked address ends as blocked_address, with nothing sent there") {
    Bench bench;
    Site inside({});
    Site site({{"/a", redirect(302, "http://127.0.0.66:" + std::to_string(inside.server.port()) + "/")},
               {"/b", redirect(302, "http://169.254.169.254/latest/")},
               {"/c", redirect(302, "http://blocked.test/")},
               {"/d", redirect(302, "//0x7f.0.0.66/")}});
    for (const auto* path : {"/a", "/b", "/c", "/d"}) {
        const auto seen = bench.run(site.url(path));
        CHECK_MESSAGE(seen.failure.cause == FailureClass::blocked_address, describe(seen));
        CHECK(seen.http().redirects == 1);
        CHECK(seen.address.empty());
    }
    CHECK(inside.server.connections() == 0);
}

TEST_CASE("a redirect to what is no http or https URL is http_protocol") {
    Bench bench;
    Site site({{"/a", redirect(302, "ftp://127.0.0.1/")},
               {"/b", redirect(302, "file:///etc/passwd")},
               {"/c", redirect(302, "http://")}});
    for (const auto* path : {"/a", "/b", "/c"}) CHECK(bench.run(site.url(path)).failure.cause == FailureClass::http_protocol);
    CHECK(bench.run(site.url("/a")).failure.message ==
          "redirected to a Location that must begin with http:// or https://: ftp://127.0.0.1/");
}

TEST_CASE("a POST becomes a GET without its body on 301, 302 and 303, and stays one on 307 and 308") {
    for (const int status : {301, 302, 303, 307, 308}) {
        Bench bench;
        Site site({{"/a", redirect(status, "/b")}});
        auto spec = spec_of(site.url("/a"));
        spec.method = "POST";
        spec.body = "payload";
        spec.headers = {{"Content-Type", "text/plain"}, {"X-Key", "k"}};
        CHECK(bench.run(spec).http().status == 200);
        REQUIRE(site.requests.size() == 2);
        const auto& second = site.requests[1];
        const bool keeps = status >= 307;
        CHECK_MESSAGE(second.starts_with(keeps ? "POST /b" : "GET /b"), status);
        CHECK(second.ends_with("\r\n\r\npayload") == keeps);
        CHECK((second.find("Content-Type: text/plain") != std::string::npos) == keeps);
        CHECK(second.find("X-Key: k") != std::string::npos);
    }
}

TEST_CASE("a HEAD stays a HEAD") {
    Bench bench;
    Site site({{"/a", redirect(303, "/b")}});
    auto spec = spec_of(site.url("/a"));
    spec.method = "HEAD";
    bench.run(spec);
    REQUIRE(site.requests.size() == 2);
    CHECK(site.requests[1].starts_with("HEAD /b"));
}

TEST_CASE("credentials go no further than their own origin, and do not come back") {
    Bench bench;
    Site other({});
    Site site({{"/same", redirect(302, "/end")}});
    site.answers["/away"] = redirect(302, other.url("/back"));
    other.answers["/back"] = redirect(302, site.url("/returned"));
    const auto has = [](const std::string& request, const char* text) { return request.find(text) != std::string::npos; };
    auto spec = spec_of(site.url("/same"));
    spec.headers = {{"Authorization", "Bearer secret"}, {"cookie", "session=1"}, {"X-Plain", "p"}};
    CHECK(bench.run(spec).http().status == 200);
    REQUIRE(site.requests.size() == 2);
    CHECK(has(site.requests[1], "Bearer secret"));
    site.requests.clear();
    spec.url = site.url("/away");
    CHECK(bench.run(spec).http().redirects == 2);
    REQUIRE(other.requests.size() == 1);
    CHECK(has(site.requests[0], "session=1"));
    CHECK(!has(other.requests[0], "Bearer secret"));
    CHECK(!has(other.requests[0], "session=1"));
    CHECK(has(other.requests[0], "X-Plain: p"));
    REQUIRE(site.requests.size() == 2);
    CHECK(!has(site.requests[1], "Bearer secret"));
}

TEST_CASE("one deadline holds over all hops, and total counts them all") {
    Bench bench;
    std::atomic<int> served{0};
    RawServer server([&served](int fd) {
        read_request(fd);
        ::usleep(100'000);
        ++served;
        send_all(fd, redirect(302, "/again"));
    });
    const auto seen = bench.run(server.url("/"), milliseconds{350});
    CHECK(seen.failure.cause == FailureClass::timeout_total);
    CHECK(seen.http().redirects >= 2);
    CHECK(seen.phases.total >= milliseconds{345});
    CHECK(seen.phases.first_byte < seen.phases.total);
    CHECK(bench.took < seconds{20});
}

TEST_CASE("the body of a redirect is not read") {
    Bench bench;
    std::atomic<bool> cut{false};
    RawServer server([&cut](int fd) {
        const auto request = read_request(fd);
        if (!request.starts_with("GET /a")) {
            send_all(fd, kOk);
            return;
        }
        send_all(fd, "HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n");
        const std::string block(16 * 1024, 'x');
        while (send_all(fd, block)) {
        }
        cut = true;
    });
    CHECK(bench.run(server.url("/a")).http().status == 200);
    CHECK(turn_until(bench.loop, [&] { return cut.load(); }));
}

}  // namespace http_redirect_test
