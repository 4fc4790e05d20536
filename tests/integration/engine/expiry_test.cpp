// Certificates that end soon: what is told of them, whatever happens to engines and results.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include "tests/integration/engine/stage.h"

namespace expiry_test {

using namespace sonde;
using namespace sonde::engine::test;
using check::FailureClass;
using check::Verdict;

namespace {

using days = std::chrono::duration<std::int64_t, std::ratio<86'400>>;

struct Shop {
    Stage stage;
    SiteId site = stage.site("Shop");
    MonitorId monitor = stage.monitor(site, "Web");
    std::uint64_t reported = 0;

    [[nodiscard]] Report sees(const std::string& region, int n, const std::string& fingerprint, int threshold, days left) const {
        const auto ends = std::chrono::floor<std::chrono::minutes>(wall_now()) + left;
        const auto detail = fmt::format(
            R"({{"message": "certificate expires", "tls": {{"certificate": {{"subject": "CN=shop", "issuer": "CN=ca", "fingerprint": "{}", "not_after": "{}"}}}},)"
            R"( "assertions": [{{"assertion": "certificate", "verdict": "degraded", "threshold_days": {}}}]}})",
            fingerprint, to_rfc3339(ends), threshold);
        return {region, monitor, stage.slot(n), Verdict::degraded, FailureClass::tls_expired, 0, detail};
    }
    // All three regions, and until the engine has decided on them.
    void round(int n, const std::string& fingerprint, int threshold, days left) {
        send({sees("eu", n, fingerprint, threshold, left), sees("us", n, fingerprint, threshold, left), sees("ap", n, fingerprint, threshold, left)});
    }
    void send(const std::vector<Report>& reports) {
        const auto before = stage.count("select count(*) from result");
        stage.report(reports);
        REQUIRE(eventually([&] { return stage.count("select count(*) from result") == before + static_cast<std::int64_t>(reports.size()); }));
    }
    // `a30 a14`: fingerprints and thresholds in the order of telling.
    std::string told() {
        return stage.text("select string_agg((payload #>> '{certificate,fingerprint}') || (payload #>> '{certificate,threshold_days}'), ' ' order by id) "
                          "from outbox where kind = 'certificate.expiring'");
    }
    // The same of the decisions, which must say neither more nor less.
    std::string decided() {
        return stage.text("select string_agg((votes #>> '{expiry,fingerprint}') || (votes #>> '{expiry,threshold_days}'), ' ' order by id) "
                          "from decision where kind = 'expiring'");
    }
};

}  // namespace

TEST_CASE("several regions that see a threshold of one certificate tell it once, with a decision that says so") {
    Shop shop;
    auto engine = shop.stage.engine();
    shop.round(0, "a", 30, days{20});
    shop.round(1, "a", 30, days{20});
    CHECK(shop.told() == "a30");
    shop.round(2, "a", 14, days{10});
    CHECK(shop.told() == "a30 a14");
    CHECK(shop.stage.count("select count(*) from decision where kind = 'expiring' and votes #>> '{expiry,what}' = 'certificate'") == 2);
    CHECK(shop.stage.text("select payload #>> '{monitor,name}' from outbox where kind = 'certificate.expiring' limit 1") == "Web");
    CHECK(shop.stage.count("select count(*) from expiry_told e join outbox o on o.id = e.event_id") == 2);
}

TEST_CASE("another engine, after an end or a crash, tells nothing again, and goes on with the next threshold") {
    Shop shop;
    auto engine = shop.stage.engine();
    shop.round(0, "a", 30, days{20});
    engine->stop();
    engine = shop.stage.engine();
    shop.round(1, "a", 30, days{20});
    engine->crash();
    engine = shop.stage.engine();
    shop.round(2, "a", 30, days{20});
    shop.round(3, "a", 7, days{6});
    CHECK(shop.told() == "a30 a7");
    CHECK(shop.decided() == "a30 a7");
}

TEST_CASE("of two engines one tells it, and the other one that takes its sites over does not tell it again") {
    Shop shop;
    auto one = shop.stage.engine();
    auto other = shop.stage.engine();
    const auto owners = [&] { return shop.stage.count("select count(distinct owner) from lease where name like 'shard/%' and expires_at > now()"); };
    REQUIRE(eventually([&] { return owners() == 2; }));
    shop.round(0, "a", 30, days{20});
    CHECK(shop.told() == "a30");
    one->crash();
    shop.round(1, "a", 30, days{20});
    shop.round(2, "a", 14, days{13});
    other->stop();
    other = shop.stage.engine();
    shop.round(3, "a", 14, days{13});
    CHECK(shop.told() == "a30 a14");
    CHECK(shop.decided() == "a30 a14");
}

TEST_CASE("an engine that does not know what was told is held back by the database") {
    Shop shop;
    auto engine = shop.stage.engine();
    shop.round(0, "b", 30, days{20});
    shop.stage.run("insert into expiry_told (monitor_id, what, identity, threshold_days, ends_at, told_at, event_id) "
                   "values ($1, 'certificate', 'a', 30, now() + interval '20 days', now(), 1)",
                   {shop.monitor});
    shop.round(1, "a", 30, days{20});
    shop.round(2, "a", 30, days{20});
    CHECK(shop.told() == "b30");
    CHECK_MESSAGE(shop.decided() == "b30", "nothing is told, and nothing is said to have been");
    CHECK(shop.stage.count("select event_id from expiry_told where identity = 'a' and monitor_id = $1", {shop.monitor}) == 1);
    shop.round(3, "a", 14, days{12});
    CHECK_MESSAGE(shop.told() == "b30 a14", "and what is new is told all the same");
    CHECK(shop.decided() == "b30 a14");
}

TEST_CASE("results that come twice, late, or out of order tell nothing, and a renewed certificate begins anew") {
    Shop shop;
    auto engine = shop.stage.engine();
    shop.round(4, "a", 14, days{10});
    const auto again = shop.sees("eu", 4, "a", 14, days{10});
    shop.stage.report({again, again});
    auto old = shop.sees("eu", 1, "old", 1, days{1});
    shop.send({old});
    auto of_us = shop.sees("us", 3, "a", 30, days{10});
    shop.send({of_us});
    CHECK(shop.told() == "a14");
    shop.round(5, "renewed", 30, days{29});
    CHECK(shop.told() == "a14 renewed30");
    shop.round(6, "a", 14, days{10});
    CHECK(shop.told() == "a14 renewed30");
}

TEST_CASE("what ended is forgotten when something else is told") {
    Shop shop;
    auto engine = shop.stage.engine();
    shop.stage.run("insert into expiry_told (monitor_id, what, identity, threshold_days, ends_at, told_at, event_id) "
                   "values (42, 'certificate', 'gone', 1, now() - interval '1 minute', now() - interval '1 day', 1)");
    shop.round(0, "a", 30, days{20});
    CHECK(shop.told() == "a30");
    CHECK(shop.stage.count("select count(*) from expiry_told where identity = 'gone'") == 0);
}

}  // namespace expiry_test
