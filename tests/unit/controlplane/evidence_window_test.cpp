#include "controlplane/api/incident/evidence_window.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace evidence_window_test {

using namespace sonde;
using namespace sonde::controlplane;

namespace {

const auto kNoon = *from_rfc3339("2026-03-01T12:00:00.000Z");

Json vote(const std::string& region, const std::string& verdict, int minutes_ago) {
    return {{"region", region}, {"verdict", verdict}, {"slot", to_rfc3339(kNoon - std::chrono::minutes{minutes_ago})}};
}

// `eu failing -1440..0, us good -3..0`: minutes from noon.
std::string windows_of(const Json& votes) {
    const auto found = evidence_windows(votes, std::chrono::minutes{1});
    std::string text;
    for (const auto& window : found.windows) {
        const auto minutes = [](TimePoint at) { return std::chrono::duration_cast<std::chrono::minutes>(at - kNoon).count(); };
        if (!text.empty()) text += ", ";
        text += fmt::format("{} {} {}..{}", window.region, window.failing ? "failing" : "good", minutes(window.since), minutes(window.until));
    }
    return text;
}

}  // namespace

TEST_CASE("what failed is looked for a day back, what passed from an interval before the first failing vote") {
    CHECK(windows_of({vote("eu", "down", 0), vote("us", "down", 0), vote("ap", "up", 0)}) ==
          "eu failing -1440..0, us failing -1440..0, ap good -1..0");
    // eu failed alone for two slots; the good vote of ap is of any time.
    CHECK(windows_of({vote("eu", "down", 2), vote("us", "degraded", 0), vote("ap", "up", 9)}) ==
          "eu failing -1440..0, us failing -1440..0, ap good -3..0");
    CHECK(*evidence_windows({vote("eu", "down", 2), vote("us", "down", 1)}, seconds{60}).decisive == kNoon - std::chrono::minutes{1});
}

TEST_CASE("a region that had not voted yet may have passed; without a failing vote there is nothing to look for") {
    CHECK(windows_of({vote("eu", "down", 0), {{"region", "ap"}, {"verdict", "absent"}}}) == "eu failing -1440..0, ap good -1..0");
    CHECK(windows_of(Json::array({vote("eu", "up", 0)})).empty());
    CHECK(windows_of(Json::array()).empty());
    CHECK(!evidence_windows(Json::array({vote("eu", "up", 0)}), seconds{60}).decisive);
}

TEST_CASE("votes that are not as they should be are passed over") {
    CHECK(windows_of({vote("eu", "down", 0), 7, {{"verdict", "down"}}, {{"region", "us"}, {"verdict", "down"}, {"slot", "soon"}}, {{"region", 1}, {"verdict", 2}}}) ==
          "eu failing -1440..0");
}

}  // namespace evidence_window_test
