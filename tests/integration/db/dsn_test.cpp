#include <doctest/doctest.h>

#include "lib/db/dsn.h"

#include "tests/integration/db/fixture.h"

namespace dsn_test {

using namespace sonde;
using namespace sonde::db;
using sonde::test::TestPool;

namespace {

std::string error_of(const std::string& dsn) {
    PoolOptions options;
    options.dsn = Secret{dsn};
    options.connect_timeout = milliseconds{2000};
    TestPool db(options);
    try {
        db.pool.begin();
    } catch (const DbError& error) {
        CHECK(error.failure() == Failure::unavailable);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("defaults go before the user's own settings, in both forms of a connection string") {
    const DsnDefaults defaults{{"a", "1"}, {"b", "2"}};
    CHECK(with_defaults(Secret{"host=x b=3"}, defaults).reveal() == "a=1 b=2 host=x b=3");
    CHECK(with_defaults(Secret{""}, defaults).reveal() == "a=1 b=2 ");
    CHECK(with_defaults(Secret{"postgresql://x/db"}, defaults).reveal() == "postgresql://x/db?a=1&b=2");
    CHECK(with_defaults(Secret{"postgres://x/db?b=3"}, defaults).reveal() == "postgres://x/db?a=1&b=2&b=3");
    CHECK(with_defaults(Secret{"postgresql://u:p?w@x/db"}, defaults).reveal() == "postgresql://u:p?w@x/db?a=1&b=2");
    CHECK(with_defaults(Secret{"postgresql://u:p?w@x/db?b=3"}, defaults).reveal() == "postgresql://u:p?w@x/db?a=1&b=2&b=3");
}

TEST_CASE("no error shows the password, well-formed or not") {
    for (const auto* dsn : {"postgresql://user:hunter2@127.0.0.1:1/db", "host=127.0.0.1 port=1 user=u password=hunter2",
                            "host=127.0.0.1 password='hunter2' bogus_option=1", "host=127.0.0.1 password=x hunter2", "hunter2",
                            "postgresql://user:hunter2@127.0.0.1:1/db?bogus=1", "postgresql://user:hunter2@[::1", "password='hunter2",
                            "postgresql://127.0.0.1:1/db?password=hunter2&user=%zz"}) {
        const auto text = error_of(dsn);
        CHECK_MESSAGE(!text.empty(), dsn);
        CHECK_MESSAGE(text.find("hunter2") == std::string::npos, text);
        CHECK_MESSAGE(text.find('\n') == std::string::npos, text);
    }
}

TEST_CASE("an error of connecting says what could not be reached") {
    const auto text = error_of("postgresql://user:hunter2@127.0.0.1:1/db");
    CHECK(text.find("connecting to the database") == 0);
    CHECK(text.find("127.0.0.1") != std::string::npos);
    CHECK(text.find("refused") != std::string::npos);
}

}  // namespace dsn_test
