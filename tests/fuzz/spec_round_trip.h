// A spec that was read can be written and read again, and is then the same.
#pragma once

#include "lib/check/spec.h"
#include "tests/fuzz/target.h"

namespace sonde::fuzz {

inline void round_trip(check::Kind kind, std::string_view text) {
    const auto document = json::parse(text);
    if (!document) return;
    const auto spec = check::read_spec(kind, *document, "");
    if (!spec) return;
    const auto written = check::write_spec(*spec);
    const auto again = check::read_spec(kind, written, "");
    require(again.ok(), "the canonical form of a spec is a spec");
    require(check::write_spec(*again) == written, "and is then the same");
    require(check::endpoint_of(*spec).host.empty() == (check::is_pushed(kind) || kind == check::Kind::drill), "there is somewhere to go, where somebody goes");
}

}  // namespace sonde::fuzz
