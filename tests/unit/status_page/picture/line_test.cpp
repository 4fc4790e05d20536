#include "controlplane/status_page/picture/line.h"

#include <doctest/doctest.h>

#include "lib/base/utf8.h"

namespace picture_line_test {

using namespace sonde;
using status_page::picture::cut;
using status_page::picture::lines_of;
using Lines = std::vector<std::string>;

namespace {

int characters(std::string_view text) { return static_cast<int>(count_utf8(text)); }

}  // namespace

TEST_CASE("what there is room for stays as it is, and what there is not is cut with a sign of it") {
    CHECK(cut("Acme", 4, characters) == "Acme");
    CHECK(cut("Acme Cloud", 8, characters) == "Acme Cl…");
    CHECK(cut("Acme Cloud", 6, characters) == "Acme…");
    CHECK(cut("Žžžž", 3, characters) == "Žž…");
    CHECK(cut("Acme", 0, characters).empty());
}

TEST_CASE("lines are broken at spaces, a word only where it is longer than a line") {
    CHECK(lines_of("Acme", 20, 2, characters) == Lines{"Acme"});
    CHECK(lines_of("Acme Cloud Services", 10, 2, characters) == Lines{"Acme Cloud", "Services"});
    CHECK(lines_of("Acme Cloud Services", 9, 3, characters) == Lines{"Acme", "Cloud", "Services"});
    CHECK(lines_of("Donaudampfschiff", 6, 3, characters) == Lines{"Donaud", "ampfsc", "hiff"});
    CHECK(lines_of("Čšđ žćč", 3, 2, characters) == Lines{"Čšđ", "žćč"});
}

TEST_CASE("the last line has the sign that there is more") {
    CHECK(lines_of("Acme Cloud Services and more", 10, 2, characters) == Lines{"Acme Cloud", "Services…"});
    CHECK(lines_of("Donaudampfschifffahrt", 6, 2, characters) == Lines{"Donaud", "ampfs…"});
    CHECK(lines_of("Acme Cloud", 4, 1, characters) == Lines{"Acm…"});
}

TEST_CASE("of nothing there are no lines, and what is no UTF-8 ends there") {
    CHECK(lines_of("", 10, 2, characters).empty());
    CHECK(lines_of("   ", 10, 2, characters).empty());
    CHECK(lines_of("\xff", 10, 2, characters).empty());
    CHECK(lines_of("ab\xff" "cd", 10, 2, characters) == Lines{"ab"});
    CHECK(lines_of("wide", 0, 5, characters).size() == 4);
}

}  // namespace picture_line_test
