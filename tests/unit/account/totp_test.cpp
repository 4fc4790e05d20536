#include <doctest/doctest.h>

#include <set>

#include "lib/account/totp.h"

namespace totp_test {

using namespace sonde;
using namespace sonde::account;

namespace {

const Secret kOfTheRfc("12345678901234567890");

TimePoint at(std::int64_t second) { return from_unix_ms(second * 1000); }

}  // namespace

TEST_CASE("the codes are those of RFC 6238, appendix B, of six digits") {
    const std::pair<std::int64_t, const char*> vectors[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                                                            {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    for (const auto& [second, code] : vectors) CHECK(totp_code(kOfTheRfc, second / 30) == code);
}

TEST_CASE("a code is good half a minute early or late, and once") {
    const auto code = totp_code(kOfTheRfc, 100);
    CHECK(totp_step(kOfTheRfc, code, at(3000), 0) == 100);
    CHECK(totp_step(kOfTheRfc, code, at(2970), 0) == 100);
    CHECK(totp_step(kOfTheRfc, code, at(3059), 99) == 100);
    CHECK(!totp_step(kOfTheRfc, code, at(2969), 0));
    CHECK(!totp_step(kOfTheRfc, code, at(3060), 0));
    CHECK(!totp_step(kOfTheRfc, code, at(3000), 100));
    CHECK(!totp_step(kOfTheRfc, code, at(3000), 101));
    for (const auto* wrong : {"", "00000", "1234567", "abcdef"}) CHECK(!totp_step(kOfTheRfc, wrong, at(3000), 0));
}

TEST_CASE("a secret is told to an app as it expects") {
    CHECK(base32("12345678901234567890") == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    CHECK(base32("f") == "MY");
    CHECK(base32("fooba") == "MZXW6YTB");
    CHECK(base32("") == "");
    CHECK(totp_uri(Secret("fooba"), "Sonde, at work", "marie") ==
          "otpauth://totp/Sonde%2C%20at%20work:marie?secret=MZXW6YTB&issuer=Sonde%2C%20at%20work&algorithm=SHA1&digits=6&period=30");
    CHECK(new_totp_secret().reveal().size() == 20);
    CHECK(new_totp_secret().reveal() != new_totp_secret().reveal());
}

TEST_CASE("recovery codes are ten different ones, and are read as people write them") {
    const auto codes = new_recovery_codes();
    CHECK(std::set<std::string>(codes.begin(), codes.end()).size() == 10);
    CHECK(codes[0].size() == 19);
    CHECK(plain_recovery_code("ABCD-ef01 Oil2") == "abcdef010112");
    CHECK(plain_recovery_code(codes[0]).size() == 16);
}

}  // namespace totp_test
