#include "notifier/subscriber/compose.h"

#include <fmt/format.h>

#include "lib/channel/subscriber_link.h"
#include "notifier/channel/compose.h"
#include "notifier/channel/email.h"
#include "notifier/channel/hidden.h"
#include "notifier/channel/mail_header.h"
#include "notifier/channel/webhook.h"
#include "notifier/core/clean_text.h"
#include "notifier/core/words.h"
#include "notifier/subscriber/letter.h"

namespace sonde::notifier::subscriber {
namespace {

using channel::SubscriberPurpose;

constexpr std::size_t kChallengeBytes = 24;
constexpr std::size_t kMostAnswer = 4'096;
constexpr std::string_view kWebhookKind = "webhook";

std::string link(const Telling& telling, const crypto::SecretBox& box, const std::string& page, SubscriberPurpose purpose) {
    channel::SubscriberLink made{telling.subscriber, purpose, {}};
    if (purpose == SubscriberPurpose::confirm) made.expires_at = telling.asked_at + channel::kConfirmFor;
    return fmt::format("{}{}/{}", page, name_of(purpose), made.token(box));
}

Result<Places> places_of(const Telling& telling, const crypto::SecretBox& box, const std::string& base_url) {
    if (telling.host.empty() && base_url.empty()) return Error{"links.base_url is not set, and the page has no domain: messages would lead nowhere"};
    const auto page = telling.host.empty() ? fmt::format("{}/status/{}/", base_url, telling.slug) : fmt::format("https://{}/", telling.host);
    return Places{page, link(telling, box, page, SubscriberPurpose::confirm), link(telling, box, page, SubscriberPurpose::manage), link(telling, box, page, SubscriberPurpose::unsubscribe)};
}

Result<Json> opened(const std::string& sealed, const std::string& context, const crypto::SecretBox& box, std::string_view what) {
    const auto secret = box.open(sealed, context);
    if (!secret) return Error{fmt::format("{} cannot be opened: {}", what, secret.error().message)};
    auto document = json::parse(secret->reveal());
    if (!document) return Error{fmt::format("{} is not a JSON document", what)};
    return document;
}

std::vector<std::string> fields_of(const Telling& telling, const Letter& letter, const Places& places, const Json& config, const MailRequest& mail, TimePoint now) {
    const auto& domain = mail.hello;
    std::vector<std::string> all{
        "Date: " + mail_header::date(now),
        "From: " + mail_header::mailbox(telling.title, mail.from),
        "To: " + mail_header::addresses(mail.to),
        "Subject: " + mail_header::text(letter.subject),
        fmt::format("Message-ID: <{}@{}>", telling.delivery.text(), domain),
    };
    if (!letter.thread.empty()) {
        const auto thread = fmt::format("<{}@{}>", crypto::hex(crypto::sha256(letter.thread)).substr(0, 32), domain);
        all.push_back("In-Reply-To: " + thread);
        all.push_back("References: " + thread);
    }
    if (const auto reply_to = notifier::text_of(config, "reply_to"); !reply_to.empty()) all.push_back("Reply-To: " + reply_to);
    all.push_back(fmt::format("List-Id: <{}.status.{}>", telling.slug, domain));
    // RFC 8058. A question has nothing to be ended.
    if (telling.document || telling.confirmed) {
        all.push_back(fmt::format("List-Unsubscribe: <{}>", places.unsubscribe));
        all.emplace_back("List-Unsubscribe-Post: List-Unsubscribe=One-Click");
    }
    all.emplace_back("Auto-Submitted: auto-generated");
    all.emplace_back("X-Auto-Response-Suppress: All");
    all.emplace_back("User-Agent: Sonde/" SONDE_VERSION);
    return all;
}

Result<Prepared> prepare_mail(const Telling& telling, const std::string& address, const Places& places, const crypto::SecretBox& box, TimePoint now) {
    if (!telling.channel) return Error{"the page has no e-mail channel that can be used: mail_channel_id"};
    const auto* declaration = channel::find(email::kKind);
    const auto config = json::parse(telling.channel_config);
    if (declaration == nullptr || !config) return Error{"the channel's config cannot be read"};
    const auto secrets = opened(telling.channel_secrets, secrets_context(telling.channel), box, "the secrets of the page's e-mail channel");
    if (!secrets) return secrets.error();
    auto composed = email::begin(*declaration, *config, *secrets);
    if (!composed) return composed.error();
    const auto letter = letter_of(telling, places);
    auto& mail = *composed->mail;
    mail.to = {address};
    mail.headers = fields_of(telling, letter, places, *config, mail, now);
    mail.text = email::lines(text_of(letter));
    mail.html = email::lines(page_of(letter));
    composed->hidden.push_back(address);
    return Prepared{*std::move(composed)};
}

Json document_of(const Telling& telling, const Places& places, const std::string& key, std::string& challenge) {
    Json document = Json::object();
    if (telling.document) {
        const auto parsed = json::parse(*telling.document);
        if (parsed && parsed->is_object()) document = *parsed;
        document["url"] = places.page + notifier::text_of(document, "place");
        document.erase("place");
        document["manage_url"] = places.manage;
    } else {
        challenge = crypto::base64url(crypto::random_bytes(kChallengeBytes));
        document = {{"type", "subscription.verify"}, {"challenge", challenge}, {"signing_key", key}};
    }
    document["page"] = {{"title", telling.title}, {"url", places.page}};
    document["unsubscribe_url"] = places.unsubscribe;
    return document;
}

Result<Prepared> prepare_webhook(const Telling& telling, const std::string& url, const std::string& key, const Places& places, TimePoint now) {
    Prepared prepared;
    auto request = webhook::signed_request(url, {key}, telling.delivery.text(), now, json::dump(document_of(telling, places, key, prepared.challenge)));
    if (!request) return request.error();
    request->keep = kMostAnswer;
    auto hidden = hidden_forms(Json{{"url", url}, {"key", key}});
    prepared.composed = Composed{channel::find(kWebhookKind), {Step{*std::move(request), {}, false}}, std::move(hidden)};
    return prepared;
}

bool is_for_good(Outcome outcome) { return outcome == Outcome::refused || outcome == Outcome::gone; }

}  // namespace

Result<Prepared> prepare(const Telling& telling, const crypto::SecretBox& box, TimePoint now, const std::string& base_url) {
    const auto named = opened(telling.sealed, channel::subscriber_context(telling.subscriber), box, "the subscriber's address");
    if (!named) return named.error();
    const auto places = places_of(telling, box, base_url);
    if (!places) return places.error();
    const auto address = notifier::text_of(*named, "address");
    if (telling.lane == Lane::email) return prepare_mail(telling, address, *places, box, now);
    return prepare_webhook(telling, address, notifier::text_of(*named, "signing_key"), *places, now);
}

Verdict judge_mail(const Prepared& prepared, const MailReply& reply) {
    auto judged = email::judge(prepared.composed, reply);
    Verdict verdict{judged.outcome, std::move(judged.error), judged.wait};
    const auto said_of_recipient = reply.recipients.empty() ? 0 : reply.recipients.front().code;
    const bool reached_recipient = said_of_recipient != 0;
    verdict.receiver_refused = reached_recipient && email::outcome_of_code(said_of_recipient) == Outcome::refused;
    if (is_for_good(verdict.outcome) && !reached_recipient) verdict.outcome = Outcome::unavailable;
    verdict.server_fails = verdict.outcome != Outcome::accepted && !reached_recipient;
    return verdict;
}

Verdict judge_webhook(const Prepared& prepared, const HttpReply& reply, TimePoint now) {
    auto judged = judge(prepared.composed, prepared.composed.steps.front(), reply, now);
    Verdict verdict{judged.outcome, std::move(judged.error), judged.wait};
    if (!prepared.challenge.empty()) {
        verdict.proven = verdict.outcome == Outcome::accepted && reply.body.find(prepared.challenge) != std::string::npos;
        if (verdict.outcome == Outcome::accepted && !verdict.proven) {
            verdict.outcome = Outcome::refused;
            verdict.error = "the answer does not have the challenge in its body";
        }
        return verdict;
    }
    verdict.receiver_refused = is_for_good(verdict.outcome);
    return verdict;
}

}  // namespace sonde::notifier::subscriber
