#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "controlplane/history/gap_event.h"

namespace gap_event_test {

using namespace sonde;
using namespace sonde::history;

namespace {

// The lint suite holds these documents to event.schema.json. With SONDE_UPDATE_GOLDEN set, the file becomes what we write now.
void check_golden(const std::string& name, const Json& document) {
    const auto* source = std::getenv("SONDE_SOURCE_DIR");  // set by meson
    const auto path = std::string(source != nullptr ? source : ".") + "/schema/golden/" + name;
    const auto text = json::dump(document);
    if (std::getenv("SONDE_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text << '\n';
    std::stringstream golden;
    golden << std::ifstream(path).rdbuf();
    CHECK(golden.str() == text + "\n");
}

}  // namespace

TEST_CASE("the events of a gap say from when until when, how many slots were missed, and of how many monitors where that is known") {
    const auto noon = *from_rfc3339("2026-03-01T12:00:00Z");
    const Gap gap{noon, noon + std::chrono::minutes{1}, 640, 37};
    const auto at = noon + std::chrono::minutes{6};
    check_golden("event_coverage_missed.json", gap_event(EventId{107}, at, "eu", {true, gap}, 35));
    const auto resumed = gap_event(EventId{108}, at + std::chrono::minutes{6}, "eu", {false, gap}, std::nullopt);
    check_golden("event_coverage_resumed.json", resumed);
    CHECK_FALSE(resumed["coverage"].contains("monitors"));
}

}  // namespace gap_event_test
