#include "lib/admission/claims.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "lib/crypto/crypto.h"
#include "lib/json/json.h"

namespace claims_test {

using namespace sonde;
using namespace sonde::admission;

namespace {

const BusKeys& keys() {
    static const BusKeys some{Secret{std::string(32, 'k')}};
    return some;
}

std::vector<std::string> parts(const std::string& token) {
    const auto first = token.find('.');
    const auto second = token.find('.', first + 1);
    return {token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1)};
}

// What a token says, after its signature was verified with the key that it names.
Json claims_of(const std::string& token, KeyKind signed_by) {
    const auto part = parts(token);
    CHECK(*crypto::from_base64url(part[0]) == R"({"typ":"JWT","alg":"ed25519-nkey"})");
    const auto claims = *json::parse(*crypto::from_base64url(part[1]));
    const auto key = read_public(signed_by, claims["iss"].get<std::string>());
    REQUIRE(key);
    CHECK(crypto::verifies(*key, part[0] + "." + part[1], *crypto::from_base64url(part[2])));
    return claims;
}

Json scope(const Json& account, Role role) {
    for (const auto& key : account["nats"]["signing_keys"]) {
        if (key["key"] == public_text(KeyKind::account, keys().signer(role))) return key["template"];
    }
    return {};
}

const std::string kAgent = "UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK";

}  // namespace

TEST_CASE("the operator names the account of the servers, and signs both accounts") {
    const auto op = claims_of(operator_token(keys()), KeyKind::bus_operator);
    CHECK(op["sub"] == op["iss"]);
    CHECK(op["nats"]["system_account"] == public_text(KeyKind::account, keys().system_account()));
    for (const auto& token : {system_account_token(keys()), account_token(keys(), TimePoint{}, {})}) CHECK(claims_of(token, KeyKind::bus_operator)["iss"] == op["sub"]);
}

TEST_CASE("an agent's token says who it is and where, and the account what such may do") {
    const TimePoint at{std::chrono::seconds{1'800'000'000}};
    const auto agent = claims_of(agent_token(keys(), "agt_1", "eu", kAgent, at), KeyKind::account);
    CHECK(agent["sub"] == kAgent);
    CHECK(agent["name"] == "agt_1");
    CHECK(agent["iat"] == 1'800'000'000);
    CHECK(agent["iss"] == public_text(KeyKind::account, keys().signer(Role::agent)));
    CHECK(json::dump(agent["nats"]) == R"({"type":"user","version":2,"issuer_account":")" + public_text(KeyKind::account, keys().account()) +
                                           R"(","tags":["region:eu","queue:SONDE_JOBS_eu","queue:SONDE_URGENT_eu"]})");
    const auto rules = scope(claims_of(account_token(keys(), at, {}), KeyKind::bus_operator), Role::agent);
    CHECK(json::dump(rules["pub"]) ==
          R"({"allow":["$JS.API.CONSUMER.MSG.NEXT.{{tag(queue)}}.agents","$JS.ACK.{{tag(queue)}}.agents.>","sonde.v1.results.*.{{tag(region)}}",)"
          R"("sonde.v1.runs.{{tag(region)}}","sonde.v1.presence.{{tag(region)}}.{{name()}}","sonde.v1.parked.agent"]})");
    CHECK(json::dump(rules["sub"]) == R"({"allow":["_INBOX.{{name()}}.>"]})");
}

TEST_CASE("a reader of events may not publish, and needs no signature") {
    const auto rules = scope(claims_of(account_token(keys(), TimePoint{}, {}), KeyKind::bus_operator), Role::subscriber);
    CHECK(json::dump(rules["pub"]) == R"({"deny":[">"]})");
    CHECK(json::dump(rules["sub"]) == R"({"allow":["sonde.v1.events.>"]})");
    CHECK(rules["bearer_token"] == true);
}

TEST_CASE("the control plane may answer once, and never ends a stream that others alone read") {
    const auto rules = scope(claims_of(account_token(keys(), TimePoint{}, {}), KeyKind::bus_operator), Role::controlplane);
    CHECK(json::dump(rules["pub"]["deny"]) == R"(["$JS.API.STREAM.DELETE.SONDE_RESULTS","$JS.API.STREAM.DELETE.SONDE_EVENTS","$JS.API.STREAM.DELETE.SONDE_PARKED"])");
    CHECK(json::dump(rules["resp"]) == R"({"max":1,"ttl":60000000000})");
    CHECK(json::dump(rules["sub"]) == R"({"allow":["_INBOX.{{name()}}.>","sonde.v1.runs.*","sonde.v1.presence.*","sonde.v1.presence.*.*"]})");
}

TEST_CASE("what is revoked is revoked for ever, and the same state is always the same text") {
    const auto token = account_token(keys(), TimePoint{}, {kAgent});
    CHECK(token == account_token(keys(), TimePoint{}, {kAgent}));
    CHECK(claims_of(token, KeyKind::bus_operator)["nats"]["revocations"][kAgent] == 253'402'300'799);
    CHECK(!claims_of(account_token(keys(), TimePoint{}, {}), KeyKind::bus_operator)["nats"].contains("revocations"));
}

TEST_CASE("as many keys as may ever be admitted can be revoked in one message of the bus") {
    const std::vector<std::string> all(kMostKeys, kAgent);
    CHECK(account_token(keys(), TimePoint{}, all).size() < 1'000'000);
}

TEST_CASE("who tells the servers may do that alone") {
    const auto claims = claims_of(gatekeeper_token(keys(), kAgent, "_INBOX.gate", TimePoint{}), KeyKind::account);
    CHECK(claims["iss"] == public_text(KeyKind::account, keys().system_account()));
    CHECK(json::dump(claims["nats"]["pub"]) == R"({"allow":["$SYS.REQ.ACCOUNT.)" + public_text(KeyKind::account, keys().account()) + R"(.CLAIMS.UPDATE"]})");
    CHECK(json::dump(claims["nats"]["sub"]) == R"({"allow":["_INBOX.gate.>"]})");
}

TEST_CASE("a server's word is read as it is") {
    CHECK(was_taken(R"({"data":{"account":"A","code":200,"message":"jwt updated"},"server":{"name":"n"}})"));
    for (const auto* other : {R"({"error":{"account":"A","code":500,"description":"jwt update resulted in error"}})", "", "[]", "7", R"({"data":7})", R"({"data":{}})"}) {
        CHECK_FALSE(was_taken(other));
    }
}

TEST_CASE("a credentials file says whose it is") {
    const auto key = crypto::SigningKey::random();
    const auto file = credentials(agent_token(keys(), "agt_1", "eu", public_text(KeyKind::user, key), TimePoint{}), seed_text(KeyKind::user, key));
    REQUIRE(holder_of(file.reveal()));
    CHECK(holder_of(file.reveal())->name == "agt_1");
    CHECK(holder_of(file.reveal())->region == "eu");
    const auto engine = holder_of(shared_credentials(keys(), Role::engine).reveal());
    REQUIRE(engine);
    CHECK(engine->name == "engine");
    CHECK(engine->region.empty());
    const auto line = [](const std::string& token) { return "-----BEGIN NATS USER JWT-----\n" + token + "\n------END NATS USER JWT------\n"; };
    for (const auto& other : {std::string{}, line(""), line("a.b.c"), line("a.W10.c"), line("a.e30"), std::string("-----BEGIN NATS USER JWT-----")}) CHECK_MESSAGE(!holder_of(other), other);
}

TEST_CASE("the keys of the bus follow from one secret and are all different") {
    const BusKeys again{Secret{std::string(32, 'k')}}, other{Secret{std::string(32, 'o')}};
    CHECK(again.account().public_key() == keys().account().public_key());
    CHECK(other.account().public_key() != keys().account().public_key());
    std::vector<std::string> all{keys().bus_operator().public_key(), keys().system_account().public_key(), keys().account().public_key()};
    for (const auto role : kSharedRoles) all.push_back(keys().user(role).public_key());
    for (const auto role : kSharedRoles) all.push_back(keys().signer(role).public_key());
    all.push_back(keys().signer(Role::agent).public_key());
    std::sort(all.begin(), all.end());
    CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
}

}  // namespace claims_test
