#include <doctest/doctest.h>

#include "lib/account/user.h"

namespace user_test {

using namespace sonde::account;

TEST_CASE("a name is plain, so that it is read as it is meant, and no e-mail address") {
    for (const auto* good : {"a", "marie", "Marie.Curie", "m-c_2", "7of9"}) CHECK_MESSAGE(is_user_name(good), std::string(good));
    for (const auto* bad : {"", ".marie", "-x", "marie curie", "marie@example.org", "m\xc3\xa4rie", "a/b", "a\n"}) CHECK_MESSAGE(!is_user_name(bad), std::string(bad));
    CHECK(is_user_name(std::string(64, 'x')));
    CHECK(!is_user_name(std::string(65, 'x')));
}

TEST_CASE("an e-mail address has one @ inside, and nothing that is not seen") {
    for (const auto* good : {"a@b", "marie.curie@example.org", "m\xc3\xa4rie@ex\xc3\xa4mple.org", "\"odd\"@x"}) CHECK_MESSAGE(is_email(good), std::string(good));
    for (const auto* bad : {"", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\n", "a@b\x7f", "marie"}) CHECK_MESSAGE(!is_email(bad), std::string(bad));
    CHECK(!is_email(std::string(254, 'x') + "@y"));
}

}  // namespace user_test
