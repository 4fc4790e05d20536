#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "controlplane/history/gap.h"

namespace gap_test {

using namespace sonde;
using namespace sonde::history;

namespace {

const auto kNoon = *from_rfc3339("2026-03-01T12:00:00Z");

TimePoint minute(std::int64_t n) { return kNoon + std::chrono::minutes{n}; }

// Ten slots a minute; each character is what was missed of them, `-` a minute without slots.
std::vector<Minute> minutes(const std::string& missed, std::int64_t first = 0) {
    std::vector<Minute> all;
    for (std::size_t i = 0; i < missed.size(); ++i) {
        if (missed[i] != '-') all.push_back({minute(first + static_cast<std::int64_t>(i)), 10, missed[i] - '0'});
    }
    return all;
}

// `begin 1-3 4/20`: minutes, missed of expected.
std::string told(const GapStep& step) {
    std::string text;
    const auto add = [&](const std::string& what, const Gap& gap) {
        const auto number = [](TimePoint at) { return std::to_string((at - kNoon).count() / 60'000); };
        text += (text.empty() ? "" : ", ") + what + ' ' + number(gap.since) + '-' + number(gap.until) + ' ' + std::to_string(gap.missed) + '/' + std::to_string(gap.expected);
    };
    for (const auto& edge : step.edges) add(edge.began ? "begin" : "end", edge.gap);
    if (step.open) add("open", *step.open);
    return text;
}

std::string follow(const std::string& missed, int percent = 20) {
    return told(follow_gap(std::nullopt, minutes(missed), minute(static_cast<std::int64_t>(missed.size())), percent));
}

}  // namespace

TEST_CASE("a gap begins with the first minute that misses too many, and is over after five that do not") {
    CHECK(follow("000") == "");
    CHECK(follow("011") == "");
    CHECK(follow("02") == "begin 1-2 2/10, open 1-2 2/10");
    CHECK(follow("0299") == "begin 1-4 20/30, open 1-4 20/30");
    CHECK(follow("20000") == "begin 0-1 2/10, open 0-1 2/10");
    CHECK(follow("200000") == "begin 0-1 2/10, end 0-1 2/10");
}

TEST_CASE("what misses every other minute is one gap, and the slots of its bad minutes count") {
    CHECK(follow("3010300000") == "begin 0-5 6/20, end 0-5 6/20");
    CHECK(follow("3000002") == "begin 0-1 3/10, end 0-1 3/10, begin 6-7 2/10, open 6-7 2/10");
}

TEST_CASE("a region of which nothing is expected any more misses nothing, and its gap ends") {
    CHECK(follow("9-----") == "begin 0-1 9/10, end 0-1 9/10");
    CHECK(follow("9-----9") == "begin 0-1 9/10, end 0-1 9/10, begin 6-7 9/10, open 6-7 9/10");
}

TEST_CASE("any miss is told of where the limit is none, and none where nothing was missed") {
    CHECK(follow("1", 0) == "begin 0-1 1/10, open 0-1 1/10");
    CHECK(follow("0", 0) == "");
    CHECK(follow("9", 100) == "");
}

TEST_CASE("whether minutes come one by one or all at once, the same begins and ends are told") {
    const std::string missed = "0020010900000301000000990000000000010";
    const auto count = static_cast<std::int64_t>(missed.size());
    const auto at_once = follow_gap(std::nullopt, minutes(missed), minute(count), 20);
    std::vector<GapEdge> ends;
    std::vector<TimePoint> begins;
    std::optional<Gap> open;
    for (std::int64_t n = 0; n < count; ++n) {
        auto step = follow_gap(open, minutes(missed.substr(static_cast<std::size_t>(n), 1), n), minute(n + 1), 20);
        REQUIRE(step.edges.size() <= 1);
        for (const auto& edge : step.edges) {
            if (edge.began) begins.push_back(edge.gap.since);
            else ends.push_back(edge);
        }
        open = step.open;
    }
    std::vector<GapEdge> ends_at_once;
    std::vector<TimePoint> begins_at_once;
    for (const auto& edge : at_once.edges) {
        if (edge.began) begins_at_once.push_back(edge.gap.since);
        else ends_at_once.push_back(edge);
    }
    CHECK(begins == std::vector{minute(2), minute(13), minute(22)});
    CHECK(begins == begins_at_once);
    CHECK(at_once.open == open);
    CHECK(ends == ends_at_once);
}

}  // namespace gap_test
