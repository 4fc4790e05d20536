// Reading specs in tests.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "lib/check/spec.h"

namespace sonde::test {

inline check::Spec read(check::Kind kind, const std::string& text) {
    const auto document = json::parse(text);
    REQUIRE_MESSAGE(document, text);
    auto spec = check::read_spec(kind, *document, "/spec");
    REQUIRE_MESSAGE(spec, text);
    return *std::move(spec);
}

// Every problem as `pointer: detail`, one a line; `accepted` if there is none.
inline std::string problems(check::Kind kind, const std::string& text) {
    const auto document = json::parse(text);
    REQUIRE_MESSAGE(document, text);
    const auto spec = check::read_spec(kind, *document, "/spec");
    if (spec) return "accepted";
    std::string lines;
    for (const auto& problem : spec.error()) lines += (lines.empty() ? "" : "\n") + problem.pointer + ": " + problem.detail;
    return lines;
}

}  // namespace sonde::test
