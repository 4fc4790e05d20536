#include "lib/oncall/draft.h"

#include <doctest/doctest.h>

namespace oncall_draft_test {

using namespace sonde;
using namespace sonde::oncall;

namespace {

const Json kWeekly = {{{"name", "weekly"}, {"members", {UserId{1}.text(), UserId{2}.text()}}, {"rotation", {{"start", "2026-01-05T09:00"}, {"length", "P1W"}}}}};

std::string mistakes(const Json& layers) {
    json::Problems problems;
    read_layers(layers, "/layers", problems);
    std::string text;
    for (const auto& one : problems) text += one.pointer + ": " + one.detail + "\n";
    return text;
}

Json with(const char* pointer, const Json& value) {
    auto layers = kWeekly;
    layers[Json::json_pointer(pointer)] = value;
    return layers;
}

}  // namespace

TEST_CASE("layers are written as they were read, with defaults, and stored with numbers") {
    json::Problems problems;
    const auto layers = read_layers(kWeekly, "", problems);
    REQUIRE(problems.empty());
    CHECK(layers[0].length == std::chrono::hours{168});
    auto whole = kWeekly;
    whole[0]["hours"] = Json::array();
    CHECK(json::same_content(write_layers(layers), whole));
    CHECK(store_layers(layers)[0]["members"] == Json{1, 2});
    CHECK(stored_layers(store_layers(layers)) == layers);
    CHECK_THROWS(stored_layers({{{"members", Json::array()}}}));
    const auto hours = read_layers(with("/0/hours", {{{"from", "09:00"}, {"to", "24:00"}}, {{"days", {"sun", "mon", "sun"}}, {"from", "22:00"}, {"to", "06:00"}}}), "", problems);
    REQUIRE(problems.empty());
    CHECK(hours[0].hours[0].days.size() == 7);
    CHECK(hours[0].hours[1].days == std::vector<unsigned>{1, 7});
    CHECK(read_layers(write_layers(hours), "", problems) == hours);
}

TEST_CASE("a length is weeks, days or hours") {
    for (const auto* text : {"P1W", "P2D", "PT12H", "P52W"}) {
        json::Problems problems;
        const auto layers = read_layers(with("/0/rotation/length", text), "", problems);
        REQUIRE_MESSAGE(problems.empty(), text);
        CHECK(write_layers(layers)[0]["rotation"]["length"] == text);
    }
    for (const auto* text : {"P0D", "P53W", "PT1M", "1W", "P1", "PW", "P1D2", "P-1D", "P1WT1H", "PT"}) {
        CHECK_MESSAGE(mistakes(with("/0/rotation/length", text)) == "/layers/0/rotation/length: must be weeks, days or hours, a year at most: P1W, P2D or PT12H\n", text);
    }
}

TEST_CASE("each mistake is told at its place") {
    for (const auto* text : {"2026-02-30T09:00", "2026-01-05", "2026-01-05T24:00", "2026-01-05T09:60", "2026-01-05T09:00Z", "1969-01-05T09:00"}) {
        CHECK_MESSAGE(mistakes(with("/0/rotation/start", text)).starts_with("/layers/0/rotation/start: "), text);
    }
    CHECK(mistakes(with("/0/members", {"x"})) == "/layers/0/members/0: is not an identifier of the right kind\n");
    CHECK(mistakes(with("/0/hours", {{{"from", "24:00"}, {"to", "06:00"}}})) == "/layers/0/hours/0/from: must be a time of the day: 09:00\n");
    CHECK(mistakes(with("/0/hours", {{{"days", {"monday"}}, {"from", "09:00"}, {"to", "17:00"}}})).starts_with("/layers/0/hours/0/days/0: must be one of mon, tue"));
    CHECK(mistakes(with("/0/hours", {{{"days", Json::array()}, {"from", "09:00"}, {"to", "17:00"}}})) == "/layers/0/hours/0/days: must have one at least\n");
    CHECK(!mistakes(with("/0/colour", "red")).empty());
    CHECK(!mistakes({{{"name", "x"}}}).empty());
}

}  // namespace oncall_draft_test
