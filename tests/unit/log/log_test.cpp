#include <doctest/doctest.h>

#include "lib/log/log.h"

namespace log_test {

using namespace sonde;

TEST_CASE("hostile text cannot forge a log line") {
    CHECK(log::value("plain-1.2:3") == "plain-1.2:3");
    CHECK(log::value("") == "\"\"");
    CHECK(log::value("two words") == "\"two words\"");
    CHECK(log::value("a\nlevel=error \"x\"") == R"("a\nlevel=error \"x\"")");
    CHECK(log::value("\x1b[31m") == "\"\\x1b[31m\"");
    CHECK(log::value(std::string(10'000, 'x')).size() < 600);
}

TEST_CASE("secrets are masked, numbers and text are written as they are") {
    std::string line;
    log::detail::append(line, "key", Secret{"whsec_abc"}, "count", 3, "name", std::string("a b"), "none", Secret{});
    CHECK(line == "key=*** count=3 name=\"a b\" none=");
}

}  // namespace log_test
