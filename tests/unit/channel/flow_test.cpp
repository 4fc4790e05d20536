#include "lib/channel/flow.h"

#include <doctest/doctest.h>

#include "lib/channel/declaration.h"

namespace flow_test {

using namespace sonde;
using namespace sonde::channel;

namespace {

std::string mistakes(const Json& document, const Rate* allowed = nullptr) {
    json::Problems problems;
    json::Reader in(document, "", problems);
    Flow flow;
    read_flow(in, flow, allowed, problems);
    std::string text;
    for (const auto& one : problems) text += one.pointer + ": " + one.detail + "\n";
    return text;
}

}  // namespace

TEST_CASE("a channel about which nothing is said groups storms, and is sent as much as its receiver takes at any time") {
    const auto flow = stored_flow("{}");
    CHECK(flow == Flow{});
    CHECK(flow.digest.more_than == 10);
    CHECK(flow.digest.window == milliseconds{0});
    CHECK(!flow.rate);
    CHECK(!flow.quiet_hours);
}

TEST_CASE("what is written is read back the same") {
    Flow flow;
    flow.digest = {milliseconds{300'000}, 0, milliseconds{5'000}};
    flow.rate = Rate{20, milliseconds{60'000}};
    flow.quiet_hours = QuietHours{"Europe/Berlin", {{std::bitset<7>{3}, std::chrono::minutes{22 * 60}, std::chrono::minutes{7 * 60}}}, {"critical", "major"}};
    CHECK(stored_flow(flow_text(flow)) == flow);
    CHECK(stored_flow(flow_text({})) == Flow{});
}

TEST_CASE("a limit may be lower than the receiver's and not higher, and null is none") {
    const Rate allowed{20, milliseconds{60'000}};
    CHECK(mistakes({{"rate", {{"messages", 1}, {"per_ms", 3'000}}}}, &allowed).empty());
    CHECK(mistakes({{"rate", {{"messages", 21}, {"per_ms", 60'000}}}}, &allowed) == "/rate: is more than the receiver allows: 20 in 1m\n");
    CHECK(mistakes({{"rate", {{"messages", 21}, {"per_ms", 60'000}}}}).empty());
    CHECK(mistakes({{"rate", nullptr}, {"quiet_hours", nullptr}}, &allowed).empty());
    CHECK(mistakes({{"rate", {{"messages", 0}, {"per_ms", 10}}}}).starts_with("/rate/messages: must be"));
    CHECK(mistakes({{"rate", {{"messages", 5}}}}) == "/rate: the field \"per_ms\" is required\n");
}

TEST_CASE("numbers that make no sense are refused where they stand") {
    CHECK(mistakes({{"digest", {{"window_ms", 3'600'001}}}}).starts_with("/digest/window_ms: must be"));
    CHECK(mistakes({{"digest", {{"storm", {{"more_than", -1}}}}}}).starts_with("/digest/storm/more_than: must be"));
    CHECK(mistakes({{"digest", {{"storm", {{"within_ms", 999}}}}}}).starts_with("/digest/storm/within_ms: must be"));
    CHECK(mistakes({{"digest", {{"of", 1}}}}).starts_with("/digest/of: "));
}

TEST_CASE("what a receiver says it takes is declared with where it says so") {
    for (const auto& kind : declarations()) {
        CAPTURE(kind.kind);
        CHECK(kind.rate.has_value() == kind.rate_url.starts_with("https://"));
    }
    REQUIRE(find("telegram")->rate);
    CHECK(*find("telegram")->rate == Rate{20, milliseconds{60'000}});
    CHECK(!find("webhook")->rate);
}

}  // namespace flow_test
