#include <doctest/doctest.h>

#include "lib/account/password.h"

namespace password_test {

using namespace sonde;
using namespace sonde::account;

TEST_CASE("a password is long, and neither a row of keys, nor the name, nor one of the commonest") {
    const auto mistake = [](std::string_view password) { return password_mistake(password, "marie.curie", "m.sklodowska@example.org").value_or(""); };
    CHECK(mistake("correct horse battery").empty());
    CHECK(mistake("Zw\xc3\xb6lf B\xc3\xa4rte!").empty());
    CHECK(mistake("short one!!") == "must have at least 12 characters");
    CHECK(mistake("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\xa4\xc3\xb6\xc3\xbc") == "must have at least 12 characters");
    CHECK(mistake("abababababababab") == "must not be the same few characters again and again, or in a row");
    CHECK(mistake("123456789012") == "must not be the same few characters again and again, or in a row");
    CHECK(mistake("zyxwvutsrqponm") == "must not be the same few characters again and again, or in a row");
    for (const auto* common : {"password1234", "PasswordPassword", "Administrator1!", "iloveyou2026!", "qwertyuiop12"}) CHECK(mistake(common) == "is one of the commonest, which are tried first");
    CHECK(mistake("I am Marie.Curie 1903") == "must not contain the name");
    CHECK(mistake("yes M.Sklodowska it is") == "must not contain the e-mail address");
    CHECK(mistake(std::string(513, 'x')) == "must have at most 512 bytes");
    CHECK(mistake("not UTF-8 at all \xff\xfe") == "must be text");
    CHECK(password_mistake("eight and more", "bo", "", 16) == "must have at least 16 characters");
    CHECK(!password_mistake("bobsled and luge", "bo", "b@example.org"));
}

TEST_CASE("a hash fits its own password, each time with another salt") {
    const HashingCost cheap{8, 1};
    const Secret password("correct horse battery");
    const auto hash = hash_password(password, cheap);
    CHECK(hash.starts_with("$argon2id$v=19$m=8192,t=1,p=1$"));
    CHECK(hash != hash_password(password, cheap));
    CHECK(verify_password(hash, password));
    CHECK(!verify_password(hash, Secret("correct horse batterz")));
    CHECK(!verify_password(hash, Secret("")));
    CHECK(!verify_password("", password));
    CHECK(!verify_password("$argon2id$nonsense", password));
    CHECK(!verify_password(std::string(1000, '$'), password));
}

TEST_CASE("a hash made at another cost is to be made anew") {
    const auto hash = hash_password(Secret("correct horse battery"), {8, 1});
    CHECK(!needs_rehash(hash, {8, 1}));
    CHECK(needs_rehash(hash, {9, 1}));
    CHECK(needs_rehash(hash, {8, 2}));
    CHECK(needs_rehash("nonsense", {8, 1}));
}

}  // namespace password_test
