#include "cli/jsonpath/jsonpath.h"

#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/command.h"
#include "cli/failure.h"
#include "cli/up/file.h"
#include "tests/unit/cli/scratch.h"

namespace jsonpath_test {

using namespace sonde::cli;
using jsonpath_command::answer;

namespace {

// `exit code: text`
std::string failure(const std::string& query, const std::string& document) {
    try {
        return answer(query, document, "d.json", false);
    } catch (const Failure& failure) {
        return std::to_string(failure.exit_code()) + ": " + failure.what();
    }
}

constexpr auto kDocument = R"({"a":[1,18446744073709551615,{"b":"ж\u0041"}],"a b":null})";

}  // namespace

TEST_CASE("jsonpath answers with the values as a JSON array") {
    CHECK(answer("$.a[*]", kDocument, "d.json", false) == R"([1,18446744073709551615,{"b":"жA"}])");
    CHECK(answer("$.none", kDocument, "d.json", false) == "[]");
    CHECK(answer("$['a b']", kDocument, "d.json", false) == "[null]");
}

TEST_CASE("jsonpath answers with normalized paths if asked to") {
    CHECK(answer("$..b", kDocument, "d.json", true) == R"(["$['a'][2]['b']"])");
    CHECK(answer(R"($["\""])", R"({"\"":1})", "d.json", true) == R"(["$['\"']"])");
    CHECK(answer("$.none", kDocument, "d.json", true) == "[]");
}

TEST_CASE("jsonpath tells a bad query, with its column, from a bad document") {
    CHECK(failure("$.a[", "{}") == "2: the query is not valid at column 5: not a selector: a string in quotes, a *, an index, a slice, or a filter that begins with ?");
    CHECK(failure("$", "{") == "1: d.json is not valid JSON near byte 2");
    CHECK(failure("$[", "{").starts_with("2: the query is not valid at column 3"));
}

TEST_CASE("jsonpath reads a file, and says which one it cannot read") {
    const sonde::test::Scratch dir;
    up::write_file(dir / "d.json", "[1]");
    const auto run_with = [](std::vector<std::string> arguments) {
        CLI::App app;
        std::function<int()> run;
        add_jsonpath(app, run);
        std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
        app.parse(arguments);
        return run();
    };
    CHECK(run_with({"jsonpath", "$[?@ == 2]", (dir / "d.json").string()}) == kOk);
    CHECK_THROWS_WITH_AS(run_with({"jsonpath", "$", (dir / "none").string()}), ("cannot read " + (dir / "none").string()).c_str(), Failure);
    CHECK_THROWS_WITH_AS(run_with({"jsonpath", "$", dir.path().string()}), ("cannot read " + dir.path().string()).c_str(), Failure);
    CHECK_THROWS_AS(run_with({"jsonpath"}), CLI::RequiredError);
}

}  // namespace jsonpath_test
