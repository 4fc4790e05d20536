#include "lib/admission/nkey.h"

#include <doctest/doctest.h>

namespace nkey_test {

using namespace sonde;
using admission::KeyKind;

namespace {

crypto::SigningKey counted() {
    std::string seed;
    for (char c = 0; c < 32; ++c) seed += c;
    return crypto::SigningKey::from_seed(seed);
}

struct Written {
    KeyKind kind;
    const char* public_text;
    const char* seed_text;
};

// Made by another implementation, whose keys nats-server 2.9.10 took.
constexpr Written kWritten[] = {
    {KeyKind::bus_operator, "OAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZVT", "SOAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H2AJA"},
    {KeyKind::account, "AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV", "SAAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4HYMHI"},
    {KeyKind::user, "UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK", "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y"},
};

}  // namespace

TEST_CASE("base32 agrees with the published test vectors, and is read strictly") {
    // RFC 4648, section 10, without padding.
    for (const auto& [bytes, text] : {std::pair{"", ""}, {"f", "MY"}, {"fo", "MZXQ"}, {"foo", "MZXW6"}, {"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"}, {"foobar", "MZXW6YTBOI"}}) {
        CHECK(admission::base32(bytes) == text);
        CHECK(admission::from_base32(text) == bytes);
    }
    for (const auto* wrong : {"my", "MZ", "M", "MZX", "MY======", "MY\n", "M1", "MZXW6YR"}) CHECK_MESSAGE(!admission::from_base32(wrong), wrong);
}

TEST_CASE("keys are written as NATS does") {
    for (const auto& written : kWritten) {
        CHECK(admission::public_text(written.kind, counted()) == written.public_text);
        CHECK(admission::seed_text(written.kind, counted()).reveal() == written.seed_text);
        CHECK(admission::read_public(written.kind, written.public_text) == counted().public_key());
        REQUIRE(admission::read_seed(written.kind, written.seed_text));
        CHECK(admission::read_seed(written.kind, written.seed_text)->public_key() == counted().public_key());
    }
}

TEST_CASE("a key of another kind, with a slip of the pen, or cut off, is none") {
    const std::string user = kWritten[2].public_text;
    CHECK(!admission::read_public(KeyKind::account, user));
    CHECK(!admission::read_public(KeyKind::user, kWritten[2].seed_text));
    CHECK(!admission::read_seed(KeyKind::user, user));
    CHECK(!admission::read_seed(KeyKind::user, kWritten[1].seed_text));
    for (std::size_t i = 0; i < user.size(); ++i) {
        auto slipped = user;
        slipped[i] = slipped[i] == 'A' ? 'B' : 'A';
        CHECK_MESSAGE(!admission::read_public(KeyKind::user, slipped), slipped);
        CHECK(!admission::read_public(KeyKind::user, user.substr(0, i)));
    }
    CHECK(!admission::read_public(KeyKind::user, user + "A"));
}

}  // namespace nkey_test
