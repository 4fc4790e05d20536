#include "controlplane/api/region/joining.h"

#include <doctest/doctest.h>

#include "controlplane/api/region/agent.h"
#include "controlplane/api/region/join_token.h"

namespace joining_test {

using namespace sonde;
using namespace sonde::controlplane;

TEST_CASE("an address may try some times at once, and then at a pace, whatever others do") {
    Attempts attempts;
    const MonotonicPoint start{std::chrono::hours{1}};
    for (int i = 0; i < Attempts::kOfOne; ++i) CHECK(attempts.take("192.0.2.1", start) == milliseconds{0});
    CHECK(attempts.take("192.0.2.1", start) == Attempts::kOneEvery);
    CHECK(attempts.take("192.0.2.2", start) == milliseconds{0});
    CHECK(attempts.take("192.0.2.1", start + Attempts::kOneEvery / 2) == Attempts::kOneEvery / 2);
    CHECK(attempts.take("192.0.2.1", start + Attempts::kOneEvery) == milliseconds{0});
    CHECK(attempts.take("192.0.2.1", start + Attempts::kOneEvery) == Attempts::kOneEvery);
    for (int i = 0; i < Attempts::kOfOne; ++i) CHECK(attempts.take("192.0.2.1", start + std::chrono::hours{1}) == milliseconds{0});
}

TEST_CASE("all addresses together may try so often, and no more of them are remembered than there is room for") {
    Attempts attempts;
    const MonotonicPoint start{std::chrono::hours{1}};
    for (int i = 0; i < Attempts::kOfAll; ++i) CHECK(attempts.take("address " + std::to_string(i), start) == milliseconds{0});
    CHECK(attempts.take("one more", start) == Attempts::kAllEvery);
    Attempts generous(1, 1'000'000);
    for (std::size_t i = 0; i < Attempts::kMostClients; ++i) CHECK(generous.take("address " + std::to_string(i), start) == milliseconds{0});
    CHECK(generous.take("one more", start) > milliseconds{0});
    CHECK(generous.take("one more", start + Attempts::kOneEvery) == milliseconds{0});
}

TEST_CASE("a join token is read as it is written") {
    const std::string secret(43, 's');
    const auto text = join_api::write_join_token(JoinTokenId{7}, secret);
    REQUIRE(join_api::read_join_token(text));
    CHECK(join_api::read_join_token(text)->id == JoinTokenId{7});
    CHECK(join_api::read_join_token(text)->secret == secret);
    for (const auto& other : {std::string{}, text + "s", text.substr(1), text.substr(0, text.size() - 1), "sonde_" + text.substr(6, 5) + std::string(57, '_')}) {
        CHECK_MESSAGE(!join_api::read_join_token(other), other);
    }
}

TEST_CASE("an agent's name is a word") {
    for (const auto* name : {"edge-1", "Edge_1.example"}) CHECK(agent_api::is_agent_name(name));
    for (const auto& name : {std::string{}, std::string("a b"), std::string("a/b"), std::string(65, 'a')}) CHECK_FALSE(agent_api::is_agent_name(name));
}

}  // namespace joining_test
