#include "lib/http/target.h"

#include <doctest/doctest.h>

namespace target_test {

using namespace sonde::http;

namespace {

std::string path_of(std::string_view raw) {
    const auto target = decode_target(raw);
    return target ? target->path : "refused: " + target.error().message;
}

}  // namespace

TEST_CASE("paths are percent-decoded, once") {
    CHECK(path_of("/") == "/");
    CHECK(path_of("/v1/sites") == "/v1/sites");
    CHECK(path_of("/a%20b+c") == "/a b+c");
    CHECK(path_of("/%c3%BC") == "/\xC3\xBC");
    CHECK(path_of("/%2541") == "/%41");
    CHECK(path_of("//a///b") == "//a///b");
    CHECK(path_of("/...") == "/...");
}

TEST_CASE("the authority of an absolute target is ignored") {
    CHECK(path_of("http://example.com/v1") == "/v1");
    CHECK(path_of("https://example.com:8080") == "/");
    CHECK(path_of("http://example.com?a=b") == "/");
}

TEST_CASE("hostile targets are refused") {
    for (const auto* raw : {"/%", "/%4", "/%zz", "/%-1", "/a%", "/%u0041"}) {
        CHECK_MESSAGE(path_of(raw) == "refused: has a broken percent-encoding", raw);
    }
    for (const auto* raw : {"/%00", "/a%0d%0ab", "/%7f", "/?q=%00", "/?%0a=b"}) {
        CHECK_MESSAGE(path_of(raw) == "refused: has an encoded control character", raw);
    }
    for (const auto* raw : {"/..", "/../etc/passwd", "/a/../b", "/a/%2e%2e/b", "/.", "/a/.%2E", "/./a"}) {
        CHECK_MESSAGE(path_of(raw) == "refused: has a \".\" or \"..\" segment", raw);
    }
    for (const auto* raw : {"/a%2fb", "/%2F"}) CHECK_MESSAGE(path_of(raw) == "refused: has an encoded slash in its path", raw);
    for (const auto* raw : {"/%c3", "/%c0%af", "/%ed%a0%80", "/%f4%90%80%80", "/%ff", "/?q=%80", "/%e0%80%80", "/%f0%80%80%80"}) {
        CHECK_MESSAGE(path_of(raw) == "refused: is not UTF-8 when decoded", raw);
    }
    for (const auto* raw : {"/\xC3\xBC", "/a b", "/a#b", "/\x01", "/?a=\x7f"}) {
        CHECK_MESSAGE(path_of(raw) == "refused: has a byte that must be percent-encoded", raw);
    }
    for (const auto* raw : {"", "*", "v1", "example.com:443", "ftp://x/"})
        CHECK_MESSAGE(path_of(raw) == "refused: must begin with a slash", raw);
}

TEST_CASE("a query is read as a form, in order, with what is repeated") {
    const auto target = decode_target("/x?a=1&b=%26+%2B&a=2&empty=&bare&&=v&slash=%2F..%2F");
    REQUIRE(target.ok());
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    CHECK(target->query ==
          Pairs{{"a", "1"}, {"b", "& +"}, {"a", "2"}, {"empty", ""}, {"bare", ""}, {"", "v"}, {"slash", "/../"}});
    CHECK(decode_target("/x?")->query.empty());
}

}  // namespace target_test
