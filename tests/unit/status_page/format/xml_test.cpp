#include "controlplane/status_page/format/xml.h"

#include <doctest/doctest.h>

#include "tests/unit/status_page/poison.h"

namespace xml_test {

using namespace sonde;
using status_page::format::xml_text;

TEST_CASE("text is nothing but text in XML") {
    CHECK(xml_text("a<b> & \"c\" 'd' ]]>") == "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; ]]&gt;");
    CHECK(xml_text("one\ntwo\tthree") == "one\ntwo\tthree");
    CHECK(xml_text("Söhne 世界 😀") == "Söhne 世界 😀");
}

TEST_CASE("what no XML document may have is left out or replaced") {
    CHECK(xml_text(std::string_view("a\0\x01\x08\x0b\x0c\r\x1b\x7f" "b", 10)) == "a b");
    CHECK(xml_text("\xff") == "\xef\xbf\xbd");
    CHECK(xml_text("\xed\xa0\x80").find('\xed') == std::string::npos);
    CHECK(xml_text("x\xef\xbf\xbe\xef\xbf\xbfy") == "xy");
}

TEST_CASE("an element is a line") { CHECK(status_page::format::xml_element("title", "a & b") == "<title>a &amp; b</title>\n"); }

}  // namespace xml_test
