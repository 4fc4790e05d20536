#include "lib/check/redactor.h"

#include <doctest/doctest.h>

#include "lib/check/escaped.h"

namespace redactor_test {

using namespace sonde;
using namespace sonde::check;

namespace {

Redactor hiding(std::string_view value) {
    Redactor redact;
    redact.add(value);
    return redact;
}

}  // namespace

TEST_CASE("values are hidden in whatever way a server says them again") {
    const auto redact = hiding("p\"s& w/ré+%");
    for (const auto* written : {
             "p\"s& w/ré+%",
             "p%22s%26%20w%2Fr%C3%A9%2B%25",          // as we write it
             "p%22s%26%20w%2fr%c3%a9%2b%25",          // lower case
             "p%22s%26+w%2Fr%C3%A9%2B%25",            // as a form does
             "p%22s&%20w/ré+%25",                     // no more than must be
             "%70%22%73%26%20%77%2F%72%C3%a9%2B%25",  // all of it
             "p%2522s%2526%2520w%252Fr%25C3%25A9%252B%2525",  // in a URL in a URL
             "p%2522s%2526%2Bw%252fr%25c3%25a9%252B%2525",
             R"(p\"s& w/ré+%)",
             R"(p\"s\u0026 w\/r\u00e9+%)",
             R"(\u0070\u0022\u0073\u0026\u0020\u0077\u002F\u0072\u00E9\u002b\u0025)",
             "p&quot;s&amp; w/ré+%",
             "p&#34;s&#38;&#32;w/r&#xE9;&#43;&#x25;",
         }) {
        CHECK_MESSAGE(redact("?k=" + std::string(written) + "&") == "?k=***&", written);
        CHECK_MESSAGE(redact(std::string(written) + written) == "******", written);
    }
    for (const auto* other : {"p\"s& w/ré+", "p\"s&_w/ré+%", "P\"s& w/ré+%", "p%22s%26-w%2Fr%C3%A9%2B%25", "p%2", "%", "\\", "\\u", "&", "&#;", "&;", "", "p\\u00"})
        CHECK_MESSAGE(redact(other) == other, other);
}

TEST_CASE("a character beyond the first plane is found escaped") {
    const auto redact = hiding("key😀key");
    CHECK(redact(R"(["key\ud83d\ude00key"])") == R"(["***"])");
    CHECK(redact("key&#x1F600;key") == "***");
    CHECK(redact("key%F0%9F%98%80key") == "***");
    CHECK(redact(R"(key\ud83dkey)") == R"(key\ud83dkey)");
}

TEST_CASE("a plus is a space only where it may be, and is itself too") {
    CHECK(hiding("a plus b")("a+plus+b a plus b") == "*** ***");
    CHECK(hiding("a+plus+b")("a+plus+b a%2Bplus%2bb a plus b") == "*** *** a plus b");
    CHECK(hiding(" led by")("x=+led+by") == "x=***");
}

TEST_CASE("the longest of several values is hidden first") {
    Redactor redact;
    redact.add("p\"ss w/rd");
    redact.add("p\"ss w/rd and more");
    CHECK(redact("it is p\"ss w/rd, p\"ss w/rd and more.") == "it is ***, ***.");
    CHECK(redact("?k=p%22ss%20w%2frd+and%20more&") == "?k=***&");
}

TEST_CASE("what was cut off at the end of a long text is hidden as far as it is there") {
    const auto redact = hiding("p\"ss w/rd");
    const std::string filling(Redactor::kCutAt, 'x');
    CHECK(redact("p\"ss w") == "p\"ss w");  // not long
    for (const auto* rest : {"p\"ss", "p\"ss w", "p%22ss", "p%22ss%", "p%22ss%2", "p%22ss+w%2", R"(p\"ss)", R"(p\"ss\u00)", "p&quot;ss w", "p&quot;ss&#3"})
        CHECK_MESSAGE(redact(filling + rest) == filling + "***", rest);
    CHECK(redact(filling + "p\"s") == filling + "p\"s");  // less than kShortest of it
    CHECK(redact("body is \"x p\\\"ss w…\", must be") == "body is \"x ***…\", must be");
    CHECK(redact("body is \"x p\\\"s…\", must be") == "body is \"x p\\\"s…\", must be");
}

TEST_CASE("short values are not looked for") {
    Redactor redact(Secrets{{"A", Secret("abc")}});
    CHECK(redact.empty());
    CHECK(redact("abc") == "abc");
    redact.add("abcd");
    CHECK(redact("abcdabcdabc") == "******abc");
}

TEST_CASE("every string of a document is looked through") {
    const Redactor redact(Secrets{{"TOKEN", Secret("s3cret")}, {"B", Secret("other")}});
    Json document{{"a", {"s3cret", {{"b", "is s3cret"}}}}, {"n", 5}, {"s3cret", "other"}};
    redact.apply(document);
    CHECK(document == Json{{"a", {"***", {{"b", "is ***"}}}}, {"n", 5}, {"s3cret", "***"}});
}

}  // namespace redactor_test
