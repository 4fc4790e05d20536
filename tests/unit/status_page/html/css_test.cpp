#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <utility>
#include <vector>

#include "controlplane/status_page/html/css.h"

namespace css_test {

using namespace sonde;
using status_page::html::clean_css;

namespace {

std::string refusal(std::string_view text) {
    const auto clean = clean_css(text);
    return clean ? "taken: " + *clean : clean.error().message;
}

}  // namespace

TEST_CASE("style that only styles is taken as it is") {
    for (const std::string text : {
             "",
             ".overall { border-radius: 0 }",
             ".card>h3::before{content:\"\\201C\" attr(title)}",
             "@media (min-width: 40em) and (400px <= width < 700px) { a { color: rgb(0 0 0 / 50%) } }",
             "@keyframes pulse { from { opacity: .5 } 50.5% { opacity: 1 } }",
             "@supports (display: grid) { .group { display: grid; grid-template-areas: \"a b\" 'c d' } }",
             "html { scroll-behavior: smooth; overscroll-behavior: none; --gap: calc(1px + 2e-3rem) }",
             "a[href^=\"https:\"]:not(.brand a) { color: #abcdef }",
             "@layer mine;\n@layer mine { .sélection { width: -1.5px; margin: +.5em -.5em } }",
             "a{color:red}-->",
         }) {
        CAPTURE(text);
        const auto clean = clean_css(text);
        REQUIRE(clean);
        CHECK(*clean == text);
    }
}

TEST_CASE("comments are emptied, and part what they parted") {
    CHECK(*clean_css("a/* url(x) </style> */b {}") == "a/**/b {}");
    CHECK(*clean_css("@media/*x*/print{}") == "@media/**/print{}");
    CHECK(*clean_css("a { width: expr/*x*/ession(1) }") == "a { width: expr/**/ession(1) }");
}

TEST_CASE("what loads, runs or ends something is refused, with its place") {
    const std::vector<std::pair<std::string, std::string>> all{
        {"@import 'x.css';", "line 1, column 1: @import is not allowed"},
        {"a {}\n @IMPORT 'x.css';", "line 2, column 2: @import is not allowed"},
        {"@\\69mport 'x';", "line 1, column 1: @import is not allowed"},
        {"@\\000069 mport 'x';", "line 1, column 1: @import is not allowed"},
        {"@font-face { font-family: x }", "line 1, column 1: @font-face is not allowed"},
        {"@charset 'utf-8';", "line 1, column 1: @charset is not allowed"},
        {"@namespace svg 'x';", "line 1, column 1: @namespace is not allowed"},
        {"a { background: url(https://example.org/x.png) }", "line 1, column 17: url() is not allowed"},
        {"a { background: URL( 'x' ) }", "line 1, column 17: url() is not allowed"},
        {"a { background: u\\72l(x) }", "line 1, column 17: url() is not allowed"},
        {"a { background: \\75\n\\72\tl(x) }", "line 1, column 17: url() is not allowed"},
        {"a { background: image-set('x' 1x) }", "line 1, column 17: image-set() is not allowed"},
        {"a { background: -webkit-image-set(var(--x) 1x) }", "line 1, column 17: -webkit-image-set() is not allowed"},
        {"a { background: src('x') }", "line 1, column 17: src() is not allowed"},
        {"a { background: -moz-element(#x) }", "line 1, column 17: -moz-element() is not allowed"},
        {"a { width: expression(alert(1)) }", "line 1, column 12: expression() is not allowed"},
        {"a { behavior: none }", "line 1, column 5: \"behavior\" is not allowed"},
        {"a { -moz-binding: none }", "line 1, column 5: \"-moz-binding\" is not allowed"},
        {"a { filter: progid:DXImageTransform.Microsoft.Alpha() }", "line 1, column 13: \"progid\" is not allowed"},
        {"a { color: red } </style><script>", "line 1, column 18: \"</\" is not allowed"},
        {"a { content: '</STYLE>' }", "line 1, column 15: \"</\" is not allowed"},
        {"a </**/style> {}", "line 1, column 3: \"</\" is not allowed"},
        {"<!-- a {} -->", "line 1, column 1: \"<!\" is not allowed"},
        {"a { color: red", "line 1, column 3: \"{\" is never closed"},
        {"a { color: red }}", "line 1, column 17: \"}\" closes nothing"},
        {"a { width: calc(1px} }", "line 1, column 20: \"}\" closes nothing"},
        {"a { content: 'x\n' }", "line 1, column 14: a string that does not end on its line"},
        {"a { content: 'x", "line 1, column 14: a string without end"},
        {"a { content: 'x\\", "line 1, column 14: a string without end"},
        {"a {} /* x", "line 1, column 6: a comment without end"},
        {"a { color: red \\\n}", "line 1, column 16: a backslash before the end of a line"},
        {std::string("a\0b", 3), "line 1, column 2: a control character"},
        {"a \xff b", "line 1, column 3: what is not UTF-8"},
    };
    for (const auto& [text, message] : all) {
        CAPTURE(text);
        CHECK(refusal(text) == message);
    }
}

TEST_CASE("what is clean stays as it is, and cannot end its element") {
    static const std::vector<std::string> kPieces{"<", "/", "!", "style", "/*", "*/", "u", "rl", "(", ")", "{", "}", "\\", "\\75", "\\0", "\\3c ", "@", "import", "\n", "\r", " ", "\"", "'",
                                                  "-", "->", "#", ".5e", "+", "%", ":", ";", "é", "behavior", "image-set", "media"};
    CHECK(rc::check([] {
        std::string text;
        for (const auto& piece : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kPieces))) text += piece;
        const auto clean = clean_css(text);
        if (!clean) return;
        RC_ASSERT(clean->find("</") == std::string::npos);
        const auto again = clean_css(*clean);
        RC_ASSERT(again.ok());
        RC_ASSERT(*again == *clean);
    }));
}

TEST_CASE("neither length nor depth is without end") {
    CHECK(clean_css(std::string(20'000, ' ')));
    CHECK(refusal(std::string(20'001, ' ')) == "longer than 20000 bytes");
    CHECK(refusal(std::string(17, '(') + std::string(17, ')')) == "line 1, column 17: more than 16 brackets in each other");
}

}  // namespace css_test
