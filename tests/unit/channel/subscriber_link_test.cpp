#include "lib/channel/subscriber_link.h"

#include <doctest/doctest.h>

namespace subscriber_link_test {

using namespace sonde;
using channel::SubscriberLink;
using channel::SubscriberPurpose;

namespace {

const crypto::SecretBox kBox(std::string(32, 'k'));
const TimePoint kNow = from_unix_ms(1'767'225'600'999);
const SubscriberLink kConfirm{SubscriberId{INT64_MAX}, SubscriberPurpose::confirm, from_unix_ms(1'767'229'200'000)};

}  // namespace

TEST_CASE("a link says who the subscriber is, to who has the key and until it is over") {
    const auto token = kConfirm.token(kBox);
    CHECK(SubscriberLink::open(kBox, SubscriberPurpose::confirm, token, kNow) == kConfirm);
    CHECK(!SubscriberLink::open(kBox, SubscriberPurpose::confirm, token, *kConfirm.expires_at));
    CHECK(!SubscriberLink::open(crypto::SecretBox(std::string(32, 'j')), SubscriberPurpose::confirm, token, kNow));
    const SubscriberLink unsubscribe{SubscriberId{7}, SubscriberPurpose::unsubscribe, {}};
    CHECK(SubscriberLink::open(kBox, SubscriberPurpose::unsubscribe, unsubscribe.token(kBox), kNow + std::chrono::hours{24 * 365 * 20}) == unsubscribe);
}

TEST_CASE("a link for one thing is good for no other") {
    for (const auto made : {SubscriberPurpose::confirm, SubscriberPurpose::unsubscribe, SubscriberPurpose::manage}) {
        const auto token = SubscriberLink{SubscriberId{7}, made, {}}.token(kBox);
        for (const auto asked : {SubscriberPurpose::confirm, SubscriberPurpose::unsubscribe, SubscriberPurpose::manage}) {
            CHECK(SubscriberLink::open(kBox, asked, token, kNow).has_value() == (made == asked));
        }
    }
}

TEST_CASE("no bit of a subscriber's link can be another") {
    const auto bytes = *crypto::from_base64url(kConfirm.token(kBox));
    for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
        auto other = bytes;
        other[i / 8] = static_cast<char>(other[i / 8] ^ (1 << (i % 8)));
        CHECK(!SubscriberLink::open(kBox, SubscriberPurpose::confirm, crypto::base64url(other), kNow));
    }
    for (const auto& odd : {std::string(), std::string("x"), std::string(98, 'A'), kConfirm.token(kBox) + "A", std::string(100'000, 'A')}) {
        CHECK(!SubscriberLink::open(kBox, SubscriberPurpose::confirm, odd, kNow));
    }
    CHECK(!SubscriberLink::open(kBox, SubscriberPurpose::confirm, crypto::base64url(kBox.seal(Secret("short"), "status_page:subscriber-link:confirm")), kNow));
}

}  // namespace subscriber_link_test
