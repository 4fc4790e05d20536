// Outcomes of probes for tests.
#pragma once

#include "probe-agent/blackbox/errand.h"
#include "probe-agent/blackbox/outcome.h"
#include "tests/unit/agent/blackbox_reading.h"

namespace sonde::test {

// Of a module against a target at 192.0.2.7 that was looked up in 2 ms, 1 s in all; nothing was seen yet.
inline agent::blackbox::Outcome outcome_of(const std::string& section, const std::string& target) {
    agent::blackbox::Outcome outcome;
    outcome.module = module_of(section);
    const auto errand = agent::blackbox::make_errand(outcome.module, target, "");
    REQUIRE_MESSAGE(errand, (errand ? "" : errand.error().message));
    outcome.address = net::Address::parse("192.0.2.7");
    const auto target_of = agent::blackbox::aim(*errand, outcome.address, milliseconds{1000});
    REQUIRE_MESSAGE(target_of, (target_of ? "" : target_of.error().message));
    outcome.target = *target_of;
    outcome.started_at = from_unix_ms(1'700'000'000'000);
    outcome.lookup = microseconds{2000};
    outcome.duration = microseconds{1'000'000};
    return outcome;
}

}  // namespace sonde::test
