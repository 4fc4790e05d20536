// The spec of one kind, and what is made of what its probe saw.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "lib/check/judge.h"
#include "tests/integration/agent/bench.h"

namespace sonde::test {

// From the text of its JSON document, by the validator that the API has.
template <class Spec>
Spec read_as(check::Kind kind, const std::string& text) {
    const auto document = json::parse(text);
    REQUIRE_MESSAGE(document, text);
    auto spec = check::read_spec(kind, *document, "");
    REQUIRE_MESSAGE(spec, text << ": " << (spec ? "" : spec.error().front().pointer + " " + spec.error().front().detail));
    return std::get<Spec>(*std::move(spec));
}

inline check::Judgement judged(const check::Spec& spec, const Seen& seen) { return check::judge(spec, seen, wall_now()); }

// Which it must have.
template <class Facts>
const Facts& facts_of(const Seen& seen) {
    REQUIRE_MESSAGE(seen.find<Facts>() != nullptr, describe(seen));
    return *seen.find<Facts>();
}

}  // namespace sonde::test
