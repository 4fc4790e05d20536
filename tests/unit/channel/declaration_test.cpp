#include "lib/channel/declaration.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "lib/channel/fields.h"

namespace declaration_test {

using namespace sonde;
using namespace sonde::channel;

namespace {

std::string mistake(std::string_view text) {
    const auto read = read_declaration("x", text);
    return read ? "" : read.error().message;
}

constexpr std::string_view kHead = "title: X\ndoc: x\ndedup: none\n";

}  // namespace

TEST_CASE("every kind that is shipped is declared rightly, in the order of their names") {
    const auto& all = declarations();
    CHECK(all.size() == sources().size());
    CHECK(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.kind < b.kind; }));
    for (const auto& one : all) {
        CAPTURE(one.kind);
        CHECK(find(one.kind) == &one);
        CHECK((one.kind == "webhook" || one.kind == "email") == one.requests.empty());
        for (const auto* fields : {&one.config, &one.secrets}) {
            for (const auto& field : *fields) {
                CAPTURE(field.name);
                CHECK((!field.required || !field.example.is_null()));  // the documentation and the tests need one
                json::Problems problems;
                if (!field.example.is_null()) check_fields({{field.name, field.example}}, {field}, "", true, problems);
                if (!field.by_default.is_null()) check_fields({{field.name, field.by_default}}, {field}, "", true, problems);
                CHECK(problems.empty());
            }
        }
    }
    CHECK(find("carrier_pigeon") == nullptr);
}

TEST_CASE("what is wrong with a declaration is told with its line") {
    const auto with = [](std::string_view more) { return mistake(std::string(kHead) + std::string(more)); };
    CHECK(with("") == "");
    CHECK(mistake("title: X\n").find("x.yaml:1:  the field \"doc\" is required") == 0);
    CHECK(with("colour: red\n").find("x.yaml:4: /colour") == 0);
    CHECK(with("config:\n  a: {type: test, doc: d}\n").find("x.yaml:5: /config/a/type must be one of") == 0);
    CHECK(with("config:\n  a: {type: text, doc: d, pattern: \"(\", form: f}\n").find("x.yaml:5: /config/a/pattern is not a regular expression") == 0);
    CHECK(with("config:\n  a: {type: text, doc: d, pattern: a}\n").find("needs a `form`") != std::string::npos);
    CHECK(with("requests:\n  - url: \"{{a\"\n") == "x.yaml:5: /requests/0/url is no template: line 1, column 1: a tag without end");
    CHECK(with("requests:\n  - url: u\n    method: GET\n") == "x.yaml:6: /requests/0/method must be POST, PUT or PATCH");
    CHECK(with("requests:\n  - url: u\n    json:\n      a: [\"{{#b}}\"]\n") == "x.yaml:7: /requests/0/json/a/0 is no template: line 1, column 1: the section \"b\" never ends");
    CHECK(with("requests:\n  - url: u\n    json: {$wehn: a}\n") == "x.yaml:6: /requests/0/json/$wehn means nothing here");
    CHECK(with("answers:\n  - {outcome: fine}\n").find("x.yaml:5: /answers/0/outcome must be one of") == 0);
}

}  // namespace declaration_test
