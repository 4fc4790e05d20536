#include "lib/base/slug.h"

#include <doctest/doctest.h>

namespace slug_test {

using namespace sonde;

TEST_CASE("a name becomes a key of small letters, digits and hyphens") {
    CHECK(slug("Shop (EU) — 2", "x") == "shop-eu-2");
    CHECK(slug("--a--", "x") == "a");
    CHECK(slug("日本", "site") == "site");
    CHECK(slug(std::string(100, 'a'), "x").size() == 48);
}

TEST_CASE("a key that is taken gets a number") {
    std::set<std::string> taken;
    CHECK(unused_slug("Home page", "x", taken) == "home-page");
    CHECK(unused_slug("home-page", "x", taken) == "home-page-2");
    CHECK(unused_slug("Home Page", "x", taken) == "home-page-3");
}

}  // namespace slug_test
