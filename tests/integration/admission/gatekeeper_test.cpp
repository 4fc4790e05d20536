// What is revoked in the database is cut off at the bus, whoever dies in between.
#include "controlplane/admission/gatekeeper.h"

#include <doctest/doctest.h>

#include "lib/admission/claims.h"
#include "lib/admission/store.h"
#include "tests/integration/admission/bus_of_keys.h"

namespace gatekeeper_test {

using namespace sonde;
using test::BusOfKeys;
using test::eventually;

namespace {

struct Stage {
    test::PostgresServer postgres;
    BusOfKeys bus;
    metrics::Registry registry;
    db::Pool pool{{.dsn = postgres.dsn(), .application_name = "test"}, registry};

    void run(std::string_view sql, const std::vector<db::Param>& params = {}) {
        pool.transact([&](db::Tx& tx) { tx.run_text(sql, params); });
    }
    std::int64_t number(std::string_view sql) {
        return pool.transact([&](db::Tx& tx) { return tx.run_text(sql)[0].whole(0); });
    }
    BusOfKeys::Agent agent() {
        auto made = bus.make_agent("eu");
        run("insert into agent (id, region, name, public_key, joined_at) values ($1, 'eu', $2, $3, now())", {made.id, made.id.text(), made.public_key});
        return made;
    }
    void revoke(const BusOfKeys::Agent& agent) { run("update agent set revoked_at = now(), revoked_by = 'token:test' where id = $1", {agent.id}); }
    std::unique_ptr<gate::Gatekeeper> gatekeeper(const std::string& owner, milliseconds every = milliseconds{60'000}) {
        auto made = std::make_unique<gate::Gatekeeper>(gate::GatekeeperOptions{owner, every}, bus.keys, bus.options(), postgres.dsn(), pool, registry);
        made->start();
        return made;
    }
    bool all_told() { return number("select count(*) from agent_key_revocation where told_at is null") == 0; }
};

}  // namespace

TEST_CASE("a revoked agent is cut off at once and stays away, and the others go on") {
    Stage stage;
    const auto gone = stage.agent(), stays = stage.agent();
    const auto connected = stage.bus.connect(gone), other = stage.bus.connect(stays);
    const auto gatekeeper = stage.gatekeeper("one");
    REQUIRE(eventually([&] { return stage.number("select count(*) from bus_claims where issued_at > 'epoch'") == 1; }));
    stage.revoke(gone);
    CHECK(eventually([&] { return !connected.up(); }));
    CHECK(eventually([&] { return stage.all_told(); }));
    CHECK(!stage.bus.lets_in(gone));
    CHECK(!connected.up());
    CHECK(other.up());
    CHECK(other.bus->health().reconnects == 0);
    // The server keeps it on its own disk, whatever its configuration says.
    stage.bus.server->kill_hard();
    stage.bus.server->restart();
    CHECK(!stage.bus.lets_in(gone));
    CHECK(stage.bus.lets_in(stays));
}

TEST_CASE("an agent that is not let in any more tries again with pauses that grow, for a server that refuses has other work") {
    Stage stage;
    const auto gone = stage.agent();
    const auto connected = stage.bus.connect(gone);
    const auto gatekeeper = stage.gatekeeper("one");
    stage.revoke(gone);
    REQUIRE(eventually([&] { return !connected.up() && stage.all_told(); }));
    const auto refusals = [&] { return stage.bus.server->times_logged("authentication error"); };
    const auto before = refusals();
    std::this_thread::sleep_for(milliseconds{3000});
    CHECK(refusals() - before < 30);  // hundreds, if it tried as fast as it is refused
    CHECK(eventually([&] { return refusals() > before; }));
    CHECK(eventually([&] { return connected.refusals("refused") > 0; }));
}

TEST_CASE("what a control plane that died had only written down is carried out by the next one") {
    Stage stage;
    const auto gone = stage.agent(), removed = stage.agent();
    const auto connected = stage.bus.connect(gone);
    stage.revoke(gone);
    stage.run("delete from agent where id = $1", {removed.id});
    CHECK(stage.number("select count(*) from agent_key_revocation where told_at is null") == 2);
    CHECK(connected.up());
    const auto gatekeeper = stage.gatekeeper("two");
    CHECK(eventually([&] { return !connected.up() && stage.all_told(); }));
    CHECK(!stage.bus.lets_in(removed));
}

TEST_CASE("a bus that was away is told when it is back") {
    Stage stage;
    const auto gone = stage.agent();
    const auto gatekeeper = stage.gatekeeper("three", milliseconds{200});
    stage.bus.server->kill_hard();
    stage.revoke(gone);
    stage.bus.server->restart();
    CHECK(eventually([&] { return stage.all_told(); }));
    CHECK(!stage.bus.lets_in(gone));
}

TEST_CASE("what somebody said too late is put right") {
    Stage stage;
    const auto gone = stage.agent();
    const auto before = stage.pool.transact([&](db::Tx& tx) { return admission::settle(tx, stage.bus.keys).token; });
    const auto gatekeeper = stage.gatekeeper("four", milliseconds{200});
    stage.revoke(gone);
    REQUIRE(eventually([&] { return stage.all_told(); }));
    auto options = stage.bus.options();
    const auto key = crypto::SigningKey::random();
    options.inbox_prefix = "_INBOX.late";
    options.identity = bus::Identity{admission::gatekeeper_token(stage.bus.keys, admission::public_text(admission::KeyKind::user, key), "_INBOX.late", wall_now()),
                                     [key](std::string_view nonce) { return key.sign(nonce); }};
    metrics::Registry registry;
    const auto late = bus::Bus::connect(options, registry);
    REQUIRE(eventually([&] { return late->health().connected; }));
    std::atomic<bool> taken{false};
    late->request(admission::update_subject(stage.bus.keys), before, milliseconds{5000}, [&](const std::optional<bus::Delivery>& answer) { taken = answer && admission::was_taken(answer->payload); });
    REQUIRE(eventually([&] { return taken.load(); }));
    CHECK(eventually([&] { return !stage.bus.lets_in(gone); }));
    CHECK(!stage.bus.lets_in(gone));
}

TEST_CASE("the same state is told in the same words, and a later one is issued later") {
    Stage stage;
    const auto gone = stage.agent();
    const auto claims = [&] { return stage.pool.transact([&](db::Tx& tx) { return admission::settle(tx, stage.bus.keys); }); };
    const auto first = claims();
    CHECK(first.token == claims().token);
    const auto issued = "select extract(epoch from issued_at)::bigint from bus_claims";
    const auto then = stage.number(issued);
    stage.revoke(gone);
    const auto second = claims();
    CHECK(second.token != first.token);
    CHECK(second.untold == std::vector<std::string>{gone.public_key});
    CHECK(stage.number(issued) > then);
}

}  // namespace gatekeeper_test
