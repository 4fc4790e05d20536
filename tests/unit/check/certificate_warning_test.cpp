// Warnings before a certificate ends.
#include <doctest/doctest.h>

#include "lib/check/tls/warnings.h"

namespace certificate_warning_test {

using namespace sonde;
using namespace sonde::check;

namespace {

constexpr std::chrono::hours kDay{24};
const TimePoint kNow = from_unix_ms(1'800'000'000'000);

// The days that were read, or what is wrong with them.
std::string read(const std::string& value) {
    const auto document = *json::parse("{\"days\":" + value + "}");
    json::Problems problems;
    json::Reader in(document, "/spec", problems);
    CertificateWarnings warnings;
    read_warnings(in, "days", warnings, 100);
    in.finish();
    if (!problems.empty()) return problems.front().pointer + ": " + problems.front().detail;
    return json::dump(warnings.days);
}

AssertionResult judged(milliseconds left, const std::vector<int>& days = {30, 14, 7, 1}) { return judge_warnings({days}, kNow + left, kNow); }

}  // namespace

TEST_CASE("days of warning are a number or several, and kept sorted and once each") {
    CHECK(read("7") == "[7]");
    CHECK(read("0") == "[]");
    CHECK(read("[]") == "[]");
    CHECK(read("[1,14,7,14]") == "[14,7,1]");
    CHECK(read("[100]") == "[100]");
    CHECK(CertificateWarnings{}.days == std::vector<int>{30, 14, 7, 1});
}

TEST_CASE("days of warning that make no sense are refused") {
    const std::string number = "/spec/days: must be a whole number from 0 to 100, or an array of such";
    for (const auto* bad : {"-1", "101", "1.5", "\"7\"", "null", "true", "{}", "18446744073709551615"}) CHECK_MESSAGE(read(bad) == number, std::string(bad));
    for (const auto* bad : {"[0]", "[7,101]", "[7,null]", "[[7]]", "[-9223372036854775808]", "[18446744073709551615]"}) {
        CHECK_MESSAGE(read(bad) == "/spec/days: must hold whole numbers from 1 to 100", std::string(bad));
    }
    CHECK(read("[1,2,3,4,5,6,7,8,9,10]") == "[10,9,8,7,6,5,4,3,2,1]");
    CHECK(read("[1,2,3,4,5,6,7,8,9,10,11]") == "/spec/days: must be an array of at most 10 items");
}

TEST_CASE("each threshold is crossed when fewer days are left, and the least that is crossed is told") {
    struct Row {
        milliseconds left;
        int threshold;
        const char* found;
    };
    const milliseconds moment{1};
    for (const auto& row : {Row{31 * kDay, 0, "expires in 31 days"}, Row{30 * kDay, 0, "expires in 30 days"}, Row{30 * kDay - moment, 30, "expires in 29 days (threshold 30)"},
                            Row{14 * kDay, 30, "expires in 14 days (threshold 30)"}, Row{14 * kDay - moment, 14, "expires in 13 days (threshold 14)"},
                            Row{6 * kDay, 7, "expires in 6 days (threshold 7)"}, Row{kDay, 7, "expires in 1 day (threshold 7)"},
                            Row{kDay - moment, 1, "expires in 0 days (threshold 1)"}, Row{-moment, 1, "expired (threshold 1)"}}) {
        const auto result = judged(row.left);
        CHECK(result.threshold_days == row.threshold);
        CHECK(result.found == row.found);
        CHECK(result.verdict == (row.threshold == 0 ? Verdict::up : Verdict::degraded));
        CHECK(result.cause == (row.threshold == 0 ? FailureClass::none : FailureClass::tls_expired));
    }
    CHECK(judged(9 * kDay, {10}).threshold_days == 10);
    CHECK(judged(9 * kDay, {7}).threshold_days == 0);
}

TEST_CASE("a crossed threshold is in the message and in the written assertion; one that is not, in neither") {
    auto judgement = all_well();
    judgement.add(judged(40 * kDay));
    judgement.add(judged(6 * kDay));
    CHECK(judgement.verdict == Verdict::degraded);
    CHECK(judgement.message == "certificate expires in 6 days (threshold 7)");
    const auto written = write_assertions(judgement);
    CHECK(!written[0].contains("threshold_days"));
    CHECK(written[1]["threshold_days"] == 7);
}

}  // namespace certificate_warning_test
