#include "lib/template/template.h"

#include <doctest/doctest.h>

namespace template_test {

using namespace sonde;
using mustache::Template;
using mustache::Values;

namespace {

std::string filled(std::string_view text, const Json& values, const mustache::Escape& escape = {}) {
    const auto parsed = Template::parse(text);
    REQUIRE(parsed.ok());
    const auto output = parsed->render(Values(values, escape));
    return output ? *output : "error: " + output.error().message;
}

std::string mistake(std::string_view text) {
    const auto parsed = Template::parse(text);
    return parsed ? "" : parsed.error().message;
}

}  // namespace

TEST_CASE("a template names values, repeats itself over lists, and leaves out what is not there") {
    const Json values = {{"title", "Shop"}, {"count", 3}, {"none", ""}, {"nothing", nullptr}, {"facts", {{{"name", "a"}}, {{"name", "b"}}}}, {"inner", {{"key", "x"}}}, {"tags", {"p", "q"}}};
    CHECK(filled("{{title}} {{count}} {{ inner.key }}", values) == "Shop 3 x");
    CHECK(filled("{{#facts}}<{{name}}>{{/facts}}", values) == "<a><b>");
    CHECK(filled("{{#tags}}{{.}},{{/tags}}", values) == "p,q,");
    CHECK(filled("{{#none}}x{{/none}}{{^none}}y{{/none}}{{nothing}}{{unknown}}", values) == "y");
    CHECK(filled("a{{! not told }}b", values) == "ab");
    CHECK(filled("two\nlines\n", values) == "two\nlines\n");
}

TEST_CASE("values are escaped, each once, and no template gets around it") {
    const auto escape = [](const std::string& text) { return "[" + text + "]"; };
    CHECK(filled("{{a}}{{#b}}{{c}}{{/b}}", {{"a", "{{c}}"}, {"b", {{"c", "1"}}}}, escape) == "[{{c}}][1]");
    CHECK(filled("{{a}}", {{"a", "<&>\""}}) == "<&>\"");
    CHECK(mistake("{{{a}}}") == "line 1, column 1: values are always escaped: write {{name}}");
    CHECK(mistake("{{& a}}") == "line 1, column 1: values are always escaped: write {{name}}");
}

TEST_CASE("a broken template is refused with its place") {
    CHECK(mistake("a\nbc{{x") == "line 2, column 3: a tag without end");
    CHECK(mistake("{{#a}}\n {{/b}}") == "line 2, column 2: the section \"a\" is still open");
    CHECK(mistake("{{/a}}") == "line 1, column 1: the section \"a\" ends and never began");
    CHECK(mistake("x {{#a}}{{#b}}{{/b}}") == "line 1, column 3: the section \"a\" never ends");
    CHECK(mistake("{{> other}}") == "line 1, column 1: there are no partials");
    CHECK(mistake("{{=<% %>=}}") == "line 1, column 1: the delimiters cannot be changed");
    for (const auto* bad : {"{{}}", "{{ }}", "{{#}}{{/}}", "{{a b}}", "{{a..b}}", "{{.a}}", "{{a-b}}"}) {
        CHECK(mistake(bad) == "line 1, column 1: a name is made of letters, digits, `_` and `.`");
    }
    CHECK(mistake(std::string(mustache::kMaxTemplateBytes + 1, 'x')).find("longer than 16384 bytes") != std::string::npos);
    std::string deep;
    for (int i = 0; i <= mustache::kMaxDepth; ++i) deep += "{{#a}}";
    CHECK(mistake(deep) == "line 1, column 49: more than 8 sections in each other");
}

TEST_CASE("neither the text nor the work for it grows out of bounds") {
    Json many = Json::array();
    for (int i = 0; i < 1000; ++i) many.push_back("x");
    const Json values = {{"many", many}, {"long", std::string(100'000, 'y')}};
    CHECK(filled("{{#many}}{{#many}}{{#many}}{{#many}}{{/many}}{{/many}}{{/many}}{{/many}}", values) ==
          "error: the template cannot be filled: its sections repeat too much");
    CHECK(filled("{{#many}}{{long}}{{/many}}", values) == "error: the template cannot be filled: its sections repeat too much");
    CHECK(filled("{{long}}\n{{long}}\n{{long}}\n", values) == "error: the template cannot be filled: its text is longer than 262144 bytes");
}

TEST_CASE("who compiles a template in may give it other bounds") {
    const std::string text(mustache::kMaxTemplateBytes + 1, 'x');
    CHECK(Template::parse(text, {.template_bytes = text.size()}));
    const auto small = Template::parse("{{a}}{{a}}", {.output_bytes = 3});
    REQUIRE(small);
    CHECK(small->render(Values(Json{{"a", "x"}})));
    CHECK_FALSE(small->render(Values(Json{{"a", "xy"}})));
    const auto lazy = Template::parse("{{#a}}{{/a}}", {.work = 20});
    CHECK(lazy->render(Values(Json{{"a", true}})));
    CHECK_FALSE(lazy->render(Values(Json{{"a", {1, 2, 3}}})));
}

TEST_CASE("a template says which values it names") {
    CHECK(Template::parse("{{a}}{{#b.c}}{{.}}{{/b.c}}{{^d}}{{/d}}")->names() == std::set<std::string>{"a", "b.c", ".", "d"});
}

}  // namespace template_test
