#include <doctest/doctest.h>

#include "controlplane/history/csv.h"

namespace csv_test {

using namespace sonde::history;

TEST_CASE("cells are quoted where RFC 4180 wants it, and lines end with CRLF") {
    CHECK(csv_line({"a", "b,c", "say \"so\"", "two\nlines", "", " kept "}) == "a,\"b,c\",\"say \"\"so\"\"\",\"two\nlines\",,\" kept \"\r\n");
    CHECK(csv_line({Text{"Wäscherei"}, Text{"a-b=c"}, Text{""}}) == "Wäscherei,a-b=c,\r\n");
}

TEST_CASE("what people wrote is no formula for a spreadsheet; numbers of ours are as they are") {
    for (const std::string text : {"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "  =1", "\xEF\xBC\x9D" "1"}) {
        const auto line = csv_line({Text{text}});
        CHECK_MESSAGE((line == "'" + text + "\r\n" || line == "\"'" + text + "\"\r\n"), text);
    }
    CHECK(csv_line({Text{"=HYPERLINK(\"http://x\",\"y\")"}}) == "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"\r\n");
    CHECK(csv_line({"-12.5"}) == "-12.5\r\n");
}

}  // namespace csv_test
