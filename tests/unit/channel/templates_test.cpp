#include "lib/channel/templates.h"

#include <doctest/doctest.h>

#include <array>

namespace templates_test {

using namespace sonde;
using namespace sonde::channel;

namespace {

constexpr std::array<std::string_view, 2> kKinds{"incident.opened", "incident.resolved"};

Json doc(std::string_view text) { return *json::parse(text); }

std::string mistakes(std::string_view text) {
    json::Problems problems;
    const auto document = doc(text);
    json::Reader in(document, "", problems);
    static_cast<void>(Templates::read(in, kKinds, problems));
    std::string all;
    for (const auto& problem : problems) all += problem.pointer + ": " + problem.detail + "\n";
    return all;
}

}  // namespace

TEST_CASE("a kind's own words go before those for all, each for itself") {
    const auto templates = Templates::stored(R"({"*": {"title": "any", "text": "any text"}, "incident.opened": {"title": "opened"}, "incident.resolved": {"text": ""}})");
    CHECK(templates.of("incident.opened") == Words{"opened", "any text"});
    CHECK(templates.of("incident.resolved") == Words{"any", ""});
    CHECK(templates.of("coverage.lost") == Words{"any", "any text"});
    CHECK(Templates{}.of("incident.opened") == Words{});
    CHECK(Templates::stored("[]").empty());
}

TEST_CASE("what is read is written the same") {
    const auto document = doc(R"({"templates": {"*": {"title": "{{title}}"}, "incident.opened": {"title": "a", "text": "{{#regions}}{{.}}\n{{/regions}}"}}})");
    json::Problems problems;
    json::Reader in(document, "", problems);
    const auto templates = Templates::read(in, kKinds, problems);
    CHECK(problems.empty());
    CHECK(templates.document() == document["templates"]);
    CHECK(Templates::stored(json::dump(templates.document())) == templates);
}

TEST_CASE("what is wrong is told at its place") {
    CHECK(mistakes("{}").empty());
    CHECK(mistakes(R"({"templates": []})") == "/templates: must be an object\n");
    CHECK(mistakes(R"({"templates": {"incident/opened": {}}})") == "/templates/incident~1opened: must be \"*\" or one of incident.opened, incident.resolved\n");
    CHECK(mistakes(R"({"templates": {"*": {"body": "x"}}})").starts_with("/templates/*/body: "));
    CHECK(mistakes(R"({"templates": {"*": {"title": ""}}})").starts_with("/templates/*/title: "));
    CHECK(mistakes(R"({"templates": {"*": {"title": "two\nlines"}}})").starts_with("/templates/*/title: "));
    CHECK(mistakes(R"({"templates": {"*": {"text": "{{{raw}}}"}}})").starts_with("/templates/*/text: is no template: "));
    CHECK(mistakes(R"({"templates": {"*": {"text": "{{> other}}"}}})").starts_with("/templates/*/text: is no template: "));
    CHECK(mistakes(json::dump(Json{{"templates", {{"*", {{"text", std::string(8'001, 'x')}}}}}})).starts_with("/templates/*/text: "));
    CHECK(mistakes(R"({"templates": {"*": {"text": "{{#a}}"}}})").starts_with("/templates/*/text: is no template: "));
}

TEST_CASE("a template may name what events have and what is said anyway, and nothing else") {
    const auto text = [](const std::string& given) { return mistakes(json::dump(Json{{"templates", {{"*", {{"text", given}}}}}})); };
    CHECK(text("{{title}} {{text}} {{link}} {{ack_url}} {{#facts}}{{name}}: {{value}} {{/facts}}").empty());
    CHECK(text("{{incident.severity}} {{#incident}}{{severity}}{{#monitors}}{{id}}{{/monitors}}{{/incident}} {{^site}}-{{/site}} {{#regions}}{{.}}{{/regions}}").empty());
    CHECK(text("{{#incident}}{{#escalation}}{{#targets}}{{user.name}}{{/targets}}{{/escalation}}{{/incident}}").empty());
    CHECK(text("{{incident.titel}}") == "/templates/*/text: names incident.titel, which neither an event nor what is said of it has\n");
    CHECK(text("{{#region_names}}{{/region_names}}") == "/templates/*/text: names region_names, which neither an event nor what is said of it has\n");
    CHECK_FALSE(text("{{severity.incident}}").empty());
    CHECK_FALSE(text("{{incident.monitors.id}}").empty());  // of a list, each has one
}

}  // namespace templates_test
