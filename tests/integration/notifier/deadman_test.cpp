// Who else watches Sonde hears from it for as long as pages get through.
#include <doctest/doctest.h>

#include "tests/integration/notifier/receiver.h"
#include "tests/integration/notifier/stage.h"

namespace deadman_test {

using namespace sonde;
using namespace sonde::test;

namespace {

constexpr std::string_view kPings = "sonde_notifier_deadman_pings_total";

double pings(const notifier::NotifierApp& app, const std::string& outcome) {
    return metric(app.port(), std::string(kPings) + "{outcome=\"" + outcome + "\"}");
}

// The control planes have accounted for the checks until so many minutes ago: of each, ten were expected.
void account(Stage& stage, int minutes_ago, int executed) {
    const auto upto = "date_trunc('minute', now()) - " + std::to_string(minutes_ago) + " * interval '1 minute'";
    stage.run("delete from slot_minute");
    stage.run("insert into slot_minute (minute, region, expected, executed, late, skipped, missed) values (" + upto + " - interval '2 minutes', 'eu', 10, $1, 0, 0, 10 - $1::integer)", {executed});
    stage.run("insert into history_cursor (name, upto) values ('ledger', " + upto + ") on conflict (name) do update set upto = excluded.upto");
}

}  // namespace

TEST_CASE("an address elsewhere is asked while pages get through, and not while they might not") {
    Stage stage;
    Receiver receiver;
    stage.config.deadman_url = Secret{receiver.url("/ping/of-ours")};
    stage.config.deadman_every = milliseconds{50};
    stage.run("delete from history_cursor where name = 'ledger'");
    const auto app = stage.start();
    REQUIRE(eventually([&] { return pings(*app, "withheld") > 0; }));  // nothing is known yet
    CHECK(receiver.count() == 0);

    const auto heard = [&] {
        const auto before = receiver.count();
        return eventually([&] { return receiver.count() > before + 1; });
    };
    const auto silent = [&] {
        const auto before = pings(*app, "withheld");
        return eventually([&] { return pings(*app, "withheld") > before + 1; });
    };
    account(stage, 3, 9);
    REQUIRE(heard());
    CHECK(receiver.received().front().target == "/ping/of-ours");
    CHECK(receiver.received().front().body.empty());
    account(stage, 3, 0);
    CHECK(silent());
    account(stage, 3, 1);
    CHECK(heard());
    account(stage, 30, 10);
    CHECK(silent());
    account(stage, 3, 10);
    CHECK(heard());
    stage.run("delete from history_cursor where name = 'ledger'");
    stage.run("delete from slot_minute");
}

TEST_CASE("an address that refuses is counted, and asked again") {
    Stage stage;
    Receiver receiver([](const Received&, int number) { return Answer{.status = number < 3 ? 500 : 200}; });
    stage.config.deadman_url = Secret{receiver.url("/secret-part")};
    stage.config.deadman_every = milliseconds{50};
    account(stage, 3, 10);
    const auto app = stage.start();
    CHECK(eventually([&] { return pings(*app, "failed") >= 2 && pings(*app, "sent") >= 1; }));
    stage.run("delete from history_cursor where name = 'ledger'");
    stage.run("delete from slot_minute");
}

}  // namespace deadman_test
