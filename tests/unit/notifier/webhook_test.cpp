#include "notifier/channel/webhook.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "lib/crypto/crypto.h"
#include "notifier/channel/compose.h"
#include "notifier/core/clean_text.h"

namespace webhook_test {

using namespace sonde;
using namespace sonde::notifier;

namespace {

const Json kConfig = {{"url", "https://hooks.example.com/in?team=1"}};
const Json kSecrets = {{"signing_key", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}};
constexpr std::string_view kDocument = R"({"v": 1, "kind": "incident.opened"})";
const Message kMessage{EventId{7}, kDocument, from_unix_ms(1'767'225'600'999), DeliveryId{9}, {}, {}};

bool has(const HttpRequest& request, const std::string& header) {
    return std::find(request.headers.begin(), request.headers.end(), header) != request.headers.end();
}

}  // namespace

TEST_CASE("the signature is that of the Standard Webhooks specification's own example") {
    const auto key = crypto::from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    CHECK(webhook::signature(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})") ==
          "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("a webhook is the event's document as it is, with identity, time and signature") {
    const auto request = webhook::compose(kMessage, kConfig, kSecrets);
    REQUIRE(request.ok());
    CHECK(request->url == "https://hooks.example.com/in?team=1");
    CHECK(request->body == kDocument);
    CHECK(has(*request, "webhook-id: evt_0000000000007"));
    CHECK(has(*request, "webhook-timestamp: 1767225600"));
    CHECK(has(*request, "webhook-signature: v1,Wp99aRsOZ5LXGDLWtkgvnfXMkRTCbONc8quykpX1x/A="));
    CHECK(has(*request, "Content-Type: application/json"));
    CHECK(has(*request, "User-Agent: Sonde/" SONDE_VERSION));
}

TEST_CASE("while the key changes there is a signature by each, and by nothing else") {
    auto secrets = kSecrets;
    secrets["previous_signing_key"] = "whsec_HR4fAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw=";
    const auto request = webhook::compose(kMessage, kConfig, secrets);
    REQUIRE(request.ok());
    const auto before = webhook::compose(kMessage, kConfig, {{"signing_key", secrets["previous_signing_key"]}});
    const auto value = [](const HttpRequest& one) {
        for (const auto& header : one.headers) {
            if (header.starts_with("webhook-signature: ")) return header.substr(19);
        }
        return std::string();
    };
    CHECK(value(*request) == "v1,Wp99aRsOZ5LXGDLWtkgvnfXMkRTCbONc8quykpX1x/A= " + value(*before));
    secrets["previous_signing_key"] = "whsec_!";
    CHECK(!webhook::compose(kMessage, kConfig, secrets).ok());
}

TEST_CASE("a later attempt has the same identity and another time") {
    auto later = kMessage;
    later.at += seconds{60};
    const auto request = webhook::compose(later, kConfig, kSecrets);
    REQUIRE(request.ok());
    CHECK(has(*request, "webhook-id: evt_0000000000007"));
    CHECK(has(*request, "webhook-timestamp: 1767225660"));
    CHECK(!has(*request, "webhook-signature: v1,Wp99aRsOZ5LXGDLWtkgvnfXMkRTCbONc8quykpX1x/A="));
}

TEST_CASE("settings that cannot be used are named, and no secret is told with them") {
    const auto refusal = [](const Json& config, const Json& secrets) {
        const auto request = webhook::compose(kMessage, config, secrets);
        REQUIRE(!request.ok());
        CHECK(request.error().message.find("hunter2") == std::string::npos);
        return request.error().message;
    };
    CHECK(refusal(Json::object(), kSecrets).find("url") != std::string::npos);
    CHECK(refusal({{"url", 7}}, kSecrets).find("url") != std::string::npos);
    CHECK(refusal({{"url", "ftp://example.com/"}}, kSecrets).find("url") != std::string::npos);
    CHECK(refusal({{"url", "file:///etc/passwd"}}, kSecrets).find("url") != std::string::npos);
    for (const Json& key :
         {Json(nullptr), Json(7), Json("hunter2"), Json("whsec_"), Json("whsec_hunter2!"), Json("hunter2_AAEC")}) {
        CHECK(refusal(kConfig, {{"signing_key", key}}).find("signing_key") != std::string::npos);
    }
    CHECK(refusal(kConfig, Json::array()).find("signing_key") != std::string::npos);
}

TEST_CASE("a channel's secrets open for that channel only") {
    const crypto::SecretBox box(std::string(32, 'k'));
    Leased leased;
    leased.channel = ChannelId{5};
    leased.channel_kind = "webhook";
    leased.channel_config = json::dump(kConfig);
    leased.channel_secrets = box.seal(Secret(json::dump(kSecrets)), secrets_context(ChannelId{5}));
    leased.event = EventId{7};
    leased.document = kDocument;
    const auto composed = compose(leased, box, kMessage.at, {});
    REQUIRE(composed.ok());
    CHECK(has(composed->steps.at(0).request, "webhook-signature: v1,Wp99aRsOZ5LXGDLWtkgvnfXMkRTCbONc8quykpX1x/A="));

    leased.channel = ChannelId{6};
    CHECK(!compose(leased, box, kMessage.at, {}).ok());
    leased.channel = ChannelId{5};
    CHECK(!compose(leased, crypto::SecretBox(std::string(32, 'x')), kMessage.at, {}).ok());
    leased.channel_kind = "carrier_pigeon";
    CHECK(compose(leased, box, kMessage.at, {}).error().message == "this notifier knows no channels of kind carrier_pigeon");
}

TEST_CASE("an answer without a status is what the transport says it is") {
    const Composed attempt{channel::find("webhook"), {Step{}}, {}};
    HttpReply reply;
    reply.failure = Outcome::timed_out;
    CHECK(judge(attempt, attempt.steps[0], reply, kMessage.at).outcome == Outcome::timed_out);
    reply.status = 204;
    CHECK(judge(attempt, attempt.steps[0], reply, kMessage.at).outcome == Outcome::accepted);
}

TEST_CASE("text from strangers is cut between characters, loses its control characters, and is valid UTF-8") {
    CHECK(clean_text("plain", 100) == "plain");
    CHECK(clean_text(std::string_view("a\0b\x1b[31m\r\n\x7f", 11), 100) == "a b [31m   ");
    CHECK(clean_text("\xC3\xA9t\xC3\xA9", 100) == "\xC3\xA9t\xC3\xA9");
    CHECK(clean_text("\xC3\xA9t\xC3\xA9", 4) == "\xC3\xA9t");
    CHECK(clean_text("\xC2\x85x", 100) == " x");                                       // C1
    CHECK(clean_text("\xFF\xC3", 100) == "\xEF\xBF\xBD\xEF\xBF\xBD");                  // never UTF-8, and cut short
    CHECK(clean_text("\xC0\x80", 100) == "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
    CHECK(clean_text("\xED\xA0\x80", 100) == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // surrogate
    CHECK(clean_text("\xF0\x9F\x94\xA5", 100) == "\xF0\x9F\x94\xA5");
    CHECK(clean_text(std::string(5000, 'x'), 1024).size() == 1024);
    CHECK(clean_text("", 10).empty());
}

}  // namespace webhook_test
