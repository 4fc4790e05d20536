#include "lib/service/arguments.h"

#include <doctest/doctest.h>

namespace arguments_test {

using namespace sonde::service;

namespace {

std::string refusal(const std::vector<std::string_view>& words) {
    const auto arguments = parse_arguments(words);
    return arguments ? "accepted" : arguments.error().message;
}

}  // namespace

TEST_CASE("options are taken in both notations") {
    const auto spaced = parse_arguments({"--config", "a.yaml", "--ready-file", "r.json"});
    REQUIRE(spaced.ok());
    CHECK(spaced->config_file == "a.yaml");
    CHECK(spaced->ready_file == "r.json");
    CHECK(spaced->what == Arguments::Do::run);
    const auto joined = parse_arguments({"--check-config", "--config=a=b.yaml"});
    REQUIRE(joined.ok());
    CHECK(joined->config_file == "a=b.yaml");
    CHECK(joined->what == Arguments::Do::check_config);
    CHECK(parse_arguments({"-h"})->what == Arguments::Do::help);
    CHECK(parse_arguments({"--version"})->what == Arguments::Do::version);
    CHECK(parse_arguments({"--print-config"})->what == Arguments::Do::print_config);
    CHECK(parse_arguments({"--config-reference"})->what == Arguments::Do::config_reference);
    CHECK(parse_arguments({})->what == Arguments::Do::run);
}

TEST_CASE("wrong usage is told in one line") {
    CHECK(refusal({"--confg", "x"}) == "unknown option \"--confg\"; --help shows what there is");
    CHECK(refusal({"start"}) == "unknown argument \"start\"; --help shows what there is");
    CHECK(refusal({"--config"}) == "--config needs the name of a file");
    CHECK(refusal({"--config="}) == "--config needs the name of a file");
    CHECK(refusal({"--config", "--check-config"}) == "--config needs the name of a file");
    CHECK(refusal({"--config", "a", "--config", "b"}) == "--config is given twice");
    CHECK(refusal({"--version", "--check-config"}) == "--check-config cannot be combined with what stands before it");
}

}  // namespace arguments_test
