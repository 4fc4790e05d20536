#include "lib/base/utf8.h"

#include <doctest/doctest.h>

namespace utf8_test {

using namespace sonde;

namespace {

// How many bytes are read before the cursor stops.
std::size_t readable(std::string_view text) {
    Utf8Cursor cursor(text);
    while (cursor.next()) {
    }
    CHECK(cursor.broken() == (cursor.offset() < text.size()));
    return cursor.offset();
}

}  // namespace

TEST_CASE("every scalar value is read as it was written") {
    int wrong = 0;
    for (char32_t c = 0; c <= 0x10ffff; ++c) {
        if (c >= 0xd800 && c <= 0xdfff) continue;
        std::string text;
        append_utf8(text, c);
        Utf8Cursor cursor(text);
        const bool right = cursor.peek() == c && cursor.next() == c && cursor.offset() == text.size() && !cursor.next() && !cursor.broken();
        if (!right || count_utf8(text) != 1) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("what is not well-formed ends the reading where it begins") {
    CHECK(readable("aж☺𝄞") == 10);
    CHECK(readable("\xf4\x8f\xbf\xbf") == 4);
    CHECK(readable("a\x80") == 1);              // a continuation alone
    CHECK(readable("a\xc3") == 1);              // cut off
    CHECK(readable("a\xe2\x82") == 1);
    CHECK(readable("a\xe2\x28\xa1") == 1);      // no continuation
    CHECK(readable("a\xc0\x80") == 1);          // overlong
    CHECK(readable("a\xe0\x80\x80") == 1);
    CHECK(readable("a\xf0\x80\x80\x80") == 1);
    CHECK(readable("a\xed\xa0\x80") == 1);      // a surrogate
    CHECK(readable("a\xf4\x90\x80\x80") == 1);  // beyond U+10FFFF
    CHECK(readable("a\xf8\x88\x80\x80\x80") == 1);
    CHECK(readable("a\xff") == 1);
}

TEST_CASE("characters are counted, not bytes") {
    CHECK(count_utf8("") == 0);
    CHECK(count_utf8("aж☺𝄞") == 4);
}

}  // namespace utf8_test
