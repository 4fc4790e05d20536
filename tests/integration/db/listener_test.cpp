#include <doctest/doctest.h>

#include <map>
#include <mutex>

#include "tests/integration/db/fixture.h"

namespace listener_test {

using namespace sonde;
using namespace sonde::db;
using sonde::test::eventually;
using sonde::test::TestPool;

namespace {

// What a listener was told, counted by channel.
class Heard {
public:
    void operator()(std::string_view channel) {
        const std::scoped_lock lock(mutex_);
        ++counts_[std::string(channel)];
    }
    int of(const std::string& channel) {
        const std::scoped_lock lock(mutex_);
        return counts_[channel];
    }

private:
    std::mutex mutex_;
    std::map<std::string, int> counts_;
};

void notify(Pool& pool, std::string_view channel) {
    pool.transact([&](Tx& tx) { tx.run_text("select pg_notify($1, '')", {channel}); });
}

}  // namespace

TEST_CASE("a listener hears its channels and no other") {
    TestPool db;
    Heard heard;
    const Listener listener(test::shared_postgres().dsn(), {"news", "Mixed Case"}, std::ref(heard));
    REQUIRE(eventually([&] { return heard.of("") == 1; }));
    notify(db.pool, "other");
    notify(db.pool, "Mixed Case");
    notify(db.pool, "news");
    notify(db.pool, "news");
    CHECK(eventually([&] { return heard.of("news") == 2; }));
    CHECK(heard.of("Mixed Case") == 1);
    CHECK(heard.of("other") == 0);
    CHECK(heard.of("") == 1);
}

TEST_CASE("a listener comes back after the server was killed, and says that it may have missed something") {
    test::PostgresServer server(false);
    TestPool db(test::pool_options(server));
    Heard heard;
    const Listener listener(server.dsn(), {"news"}, std::ref(heard));
    REQUIRE(eventually([&] { return heard.of("") == 1; }));
    server.kill_hard();
    server.restart();
    REQUIRE(eventually([&] { return heard.of("") == 2; }));
    notify(db.pool, "news");
    CHECK(eventually([&] { return heard.of("news") == 1; }));
}

TEST_CASE("a listener stops without waiting for a notification, also while there is no server") {
    const auto start = std::chrono::steady_clock::now();
    Heard heard;
    { const Listener idle(test::shared_postgres().dsn(), {"news"}, std::ref(heard)); }
    { const Listener alone(Secret{"postgresql://127.0.0.1:1/none"}, {"news"}, std::ref(heard)); }
    CHECK(std::chrono::steady_clock::now() - start < seconds{30});  // it waits a minute for each
}

}  // namespace listener_test
