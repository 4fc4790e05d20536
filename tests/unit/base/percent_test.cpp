#include <doctest/doctest.h>

#include <string_view>

#include "lib/base/percent.h"

namespace percent_test {

using sonde::percent_encoded;

TEST_CASE("unreserved characters and those that may stay are kept, every other byte is encoded") {
    CHECK(percent_encoded("") == "");
    CHECK(percent_encoded("AZaz09-._~") == "AZaz09-._~");
    CHECK(percent_encoded("a b&c=d/e+f%:@") == "a%20b%26c%3Dd%2Fe%2Bf%25%3A%40");
    CHECK(percent_encoded("a:b@c/", ":@") == "a:b@c%2F");
    CHECK(percent_encoded(std::string_view("ä\0\x7f", 4)) == "%C3%A4%00%7F");
}

}  // namespace percent_test
