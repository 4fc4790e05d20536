#include "probe-agent/config.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace config_test {

using namespace sonde;
using agent::AgentConfig;

namespace {

std::string load(const std::string& text) {
    static AgentConfig config;
    config = {};
    const auto status = config::load_text(text, "agent.yaml", agent::keys_of(config));
    return status ? "accepted" : status.error().message;
}

}  // namespace

TEST_CASE("a region is all that must be configured") {
    AgentConfig config;
    CHECK(config::load_text("region: eu-west\n", "agent.yaml", agent::keys_of(config)));
    CHECK(config.region == "eu-west");
    CHECK(agent::agent_name(config).ends_with("-eu-west"));
    CHECK(agent::agent_name(config).size() <= 64);
    config.name = "edge-7";
    CHECK(agent::agent_name(config) == "edge-7");
}

TEST_CASE("each mistake in the configuration is told with its line") {
    CHECK(load("name: x\n").find("region") != std::string::npos);
    CHECK(load("region: EU\n").find("agent.yaml:1: ") == 0);
    CHECK(load("region: EU\n").find("must be 1 to 32 of a-z, 0-9 and -") != std::string::npos);
    CHECK(load("region: eu\nname: a b\n").find("agent.yaml:2: ") == 0);
    CHECK(load("region: eu\nguard:\n  allow: [10.0.0.1/8]\n").find("\"10.0.0.1/8\" has bits set behind its prefix of 8") !=
          std::string::npos);
    CHECK(load("region: eu\nguard:\n  deny: [localhost]\n").find("is not an IP address") != std::string::npos);
    CHECK(load("region: eu\nchecks:\n  max_in_flight: 10001\n").find("agent.yaml:3: ") == 0);
    CHECK(load("region: eu\nregions: us\n").find("agent.yaml:2: ") == 0);
}

TEST_CASE("a token for probes is of no use without modules, and the places of probes are kept free") {
    CHECK(load("region: eu\nprobe_endpoint:\n  token_file: a\n").find("agent.yaml:3: \"probe_endpoint.token_file\" needs \"probe_endpoint.modules_file\"") == 0);
    CHECK(load("region: eu\nprobe_endpoint:\n  concurrency: 0\n").find("agent.yaml:3: ") == 0);
    AgentConfig config;
    const auto without = agent::derive_limits(config).max_in_flight;
    config.probe_concurrency = 1000;
    CHECK(agent::derive_limits(config).max_in_flight == without);
    config.probe_modules_file = "modules.yaml";
    CHECK(agent::derive_limits(config).max_in_flight <= without);
}

TEST_CASE("the bounds on checks follow from the file descriptors there are") {
    AgentConfig config;
    const auto derived = agent::derive_limits(config);
    CHECK(derived.max_in_flight >= 1);
    CHECK(derived.max_in_flight <= 10'000);
    CHECK(derived.max_in_flight_per_host == std::clamp(derived.max_in_flight / 4, 1, 512));
    CHECK(derived.max_in_flight_per_site == std::max(derived.max_in_flight / 2, 1));
    CHECK(derived.max_in_flight_per_kind == derived.max_in_flight - derived.max_in_flight / 10);
    config.max_in_flight = 1;
    CHECK(agent::derive_limits(config).max_in_flight_per_site == 1);
    CHECK(agent::derive_limits(config).max_in_flight_per_kind == 1);
    config.max_in_flight = 8;
    CHECK(agent::derive_limits(config).max_in_flight == 8);
    CHECK(agent::derive_limits(config).max_in_flight_per_host == 2);
    config.max_in_flight_per_host = 100;
    CHECK(agent::derive_limits(config).max_in_flight_per_host == 8);
    config.max_in_flight_per_site = 100;
    config.max_in_flight_per_kind = 3;
    CHECK(agent::derive_limits(config).max_in_flight_per_site == 8);
    CHECK(agent::derive_limits(config).max_in_flight_per_kind == 3);
}

}  // namespace config_test
