#include "lib/channel/ack_link.h"

#include <doctest/doctest.h>

namespace ack_link_test {

using namespace sonde;
using channel::AckLink;

namespace {

const crypto::SecretBox kBox(std::string(32, 'k'));
const TimePoint kNow = from_unix_ms(1'767'225'600'999);
const AckLink kLink{IncidentId{7}, ChannelId{INT64_MAX}, DeliveryId{9}, from_unix_ms(1'767'229'200'000)};

}  // namespace

TEST_CASE("a link says what it is for, to who has the key and until it is over") {
    const auto token = kLink.token(kBox);
    CHECK(token.size() == 98);
    CHECK(AckLink::open(kBox, token, kNow) == kLink);
    CHECK(AckLink::open(kBox, token, kLink.expires_at - milliseconds{1}) == kLink);
    CHECK(!AckLink::open(kBox, token, kLink.expires_at));
    CHECK(!AckLink::open(crypto::SecretBox(std::string(32, 'j')), token, kNow));
    // Nothing else that is sealed is a link.
    CHECK(!AckLink::open(kBox, crypto::base64url(kBox.seal(Secret(std::string(32, 'x')), "oidc:ticket")), kNow));
    CHECK(!AckLink::open(kBox, crypto::base64url(kBox.seal(Secret("short"), "channel:acknowledge-link")), kNow));
}

TEST_CASE("no bit of a link can be another") {
    const auto bytes = *crypto::from_base64url(kLink.token(kBox));
    for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
        auto other = bytes;
        other[i / 8] = static_cast<char>(other[i / 8] ^ (1 << (i % 8)));
        CHECK(!AckLink::open(kBox, crypto::base64url(other), kNow));
    }
    for (const auto& odd : {std::string(), std::string("x"), std::string(98, 'A'), kLink.token(kBox) + "A", kLink.token(kBox).substr(0, 97), std::string(100'000, 'A'), std::string("../../etc")}) {
        CHECK(!AckLink::open(kBox, odd, kNow));
    }
}

}  // namespace ack_link_test
