#include "cli/up/nats.h"

#include <doctest/doctest.h>

#include "cli/up/services.h"
#include "lib/admission/claims.h"

namespace nats_test {

using namespace sonde;
using namespace sonde::cli;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("versions of nats-server that are known to lose consumers are told apart") {
    for (const auto* old : {"2.9.10", "2.10.22", "1.4.1"}) CHECK(up::is_old_nats(old));
    for (const auto* good : {"2.10.23", "2.11.0", "2.12.0-RC.1", "3.0.0"}) CHECK_FALSE(up::is_old_nats(good));
    CHECK_FALSE(up::is_old_nats("whatever"));
}

TEST_CASE("the server knows nobody but by signature, and nothing of it is secret but what encrypts its streams") {
    const admission::BusKeys keys{Secret{std::string(32, 'k')}};
    const auto text = up::nats_config(4222, "/data/nats", "store-key", keys, "the-account");
    CHECK(has(text, "operator: \"" + admission::operator_token(keys) + "\"\n"));
    CHECK(has(text, "    " + admission::public_text(admission::KeyKind::account, keys.account()) + ": \"the-account\"\n"));
    CHECK(has(text, "    dir: \"/data/nats/accounts\"\n"));
    CHECK_FALSE(has(text, "users"));
    CHECK_FALSE(has(text, "password"));
}

TEST_CASE("what the streams keep on disk is encrypted") {
    const admission::BusKeys keys{Secret{std::string(32, 'k')}};
    const auto text = up::nats_config(4222, "/data/nats", "store-key", keys, "the-account");
    const auto jetstream = text.substr(text.find("jetstream {"), text.find("authorization {") - text.find("jetstream {"));
    CHECK(has(jetstream, "cipher: chachapoly\n"));
    CHECK(has(jetstream, "key: \"store-key\"\n"));
}

TEST_CASE("a configuration with the former password gets credentials, and whatever else was edited stays") {
    const std::string before = "# mine\nnats:\n  urls: [\"${SONDE_NATS_URL}\"]\n  user: ${SONDE_NATS_USER}\n  password: ${SONDE_NATS_PASSWORD}\nlog:\n  level: debug";
    const std::string after = "# mine\nnats:\n  urls: [\"${SONDE_NATS_URL}\"]\n  credentials_file: ${SONDE_NATS_CREDENTIALS_FILE}\nlog:\n  level: debug";
    CHECK(up::renewed_configuration(before, "engine") == after);
    CHECK(up::renewed_configuration(before, "controlplane") == after + "\nadmission:\n  key_file: ${SONDE_BUS_KEY_FILE}\n");
    CHECK(up::renewed_configuration(after, "controlplane") == after);
    CHECK(up::renewed_configuration("nats:\n  user: me\n", "controlplane") == "nats:\n  user: me\n");
    CHECK(up::renewed_configuration(before, "notifier") == "# mine\nlog:\n  level: debug");
    CHECK(up::renewed_configuration(after, "notifier") == "# mine\nlog:\n  level: debug");
    CHECK(up::renewed_configuration("nats:\n  user: me\n", "notifier") == "nats:\n  user: me\n");
}

}  // namespace nats_test
