#include "notifier/channel/email.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/channel/fields.h"
#include "lib/channel/structure.h"
#include "lib/crypto/crypto.h"
#include "notifier/channel/hidden.h"
#include "notifier/channel/mail_header.h"
#include "notifier/channel/notice.h"
#include "notifier/core/clean_text.h"
#include "notifier/core/words.h"

namespace sonde::notifier::email {
namespace {

constexpr std::size_t kMaxErrorBytes = 1024;

Notice cut(Notice notice, const channel::Limits& limits) {
    const auto fit = [](std::string& text, int most) { text = channel::shortened(text, static_cast<std::size_t>(most), channel::Escape::none); };
    fit(notice.title, limits.title);
    fit(notice.text, limits.text);
    for (auto& fact : notice.facts) fit(fact.value, limits.value);
    return notice;
}

std::string plain(const Notice& notice) {
    std::string text = notice.title + "\n";
    if (!notice.text.empty()) text += "\n" + notice.text + "\n";
    if (!notice.facts.empty()) text += "\n";
    for (const auto& fact : notice.facts) text += fmt::format("{}: {}\n", fact.name, fact.value);
    if (!notice.ack_url.empty()) text += fmt::format("\nAcknowledge: {}\n", notice.ack_url);
    if (!notice.link.empty()) text += fmt::format("\nOpen in Sonde: {}\n", notice.link);
    return text;
}

int usual_port(MailSecurity security) {
    switch (security) {
        case MailSecurity::starttls: return 587;
        case MailSecurity::tls: return 465;
        case MailSecurity::none: break;
    }
    return 25;
}

// However a thread is named, its identifier is one.
std::string thread_id(const Notice& notice, std::string_view domain) {
    if (notice.thread.starts_with("event:")) return {};
    return fmt::format("<{}@{}>", crypto::hex(crypto::sha256(notice.thread)).substr(0, 32), domain);
}

std::vector<std::string> headers(const Message& message, const Notice& notice, const Json& config, const std::vector<std::string>& to, std::string_view domain) {
    std::vector<std::string> all{
        "Date: " + mail_header::date(message.at),
        "From: " + mail_header::mailbox(text_of(config, "from_name"), text_of(config, "from")),
        "To: " + mail_header::addresses(to),
        "Subject: " + mail_header::text(notice.title),
        fmt::format("Message-ID: <{}@{}>", message.delivery.text(), domain),
    };
    const auto add = [&all](std::string_view name, const std::string& value) {
        if (!value.empty()) all.push_back(fmt::format("{}: {}", name, value));
    };
    const auto thread = thread_id(notice, domain);
    add("In-Reply-To", thread);
    add("References", thread);
    add("Reply-To", text_of(config, "reply_to"));
    add("List-Id", fmt::format("<{}.{}>", message.channel.text(), domain));
    add("Importance", notice.verb == Verb::open && (notice.tone == Tone::critical || notice.tone == Tone::major) ? "high" : "");
    add("Auto-Submitted", "auto-generated");
    add("X-Auto-Response-Suppress", "All");
    add("User-Agent", "Sonde/" SONDE_VERSION);
    return all;
}

// As they travel when somebody logs in (RFC 4616, and LOGIN), which a server may say back.
void hide_login(const MailRequest& mail, std::vector<std::string>& hidden) {
    if (mail.password.empty()) return;
    using namespace std::string_literals;
    hidden.push_back(crypto::base64("\0"s + mail.user + "\0"s + mail.password));
    hidden.push_back(crypto::base64(mail.password));
    std::stable_sort(hidden.begin(), hidden.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string words_of(const MailAnswer& answer, const Composed& composed) { return without(composed.hidden, answer.words, answer.words.size() >= MailAnswer::kMaxWords); }

std::string said(const MailAnswer& answer, const Composed& composed) {
    const auto words = words_of(answer, composed);
    return words.empty() ? fmt::format("{}", answer.code) : fmt::format("{} {}", answer.code, words);
}

struct Recipients {
    std::vector<std::string> told;
    std::string later;  // who may be told another time, with what was said
    std::string never;
    const MailAnswer* refusal = nullptr;  // the one that weighs most
};

Recipients sorted(const Composed& composed, const MailReply& reply) {
    const auto& mail = *composed.mail;
    Recipients all;
    for (std::size_t i = 0; i < std::min(mail.to.size(), reply.recipients.size()); ++i) {
        const auto& answer = reply.recipients[i];
        if (answer.code == 0) continue;
        const auto outcome = outcome_of_code(answer.code);
        if (outcome == Outcome::accepted) {
            all.told.push_back(mail.to[i]);
            continue;
        }
        if (all.refusal == nullptr || (outcome == Outcome::unavailable && all.later.empty())) all.refusal = &answer;
        auto& list = outcome == Outcome::refused ? all.never : all.later;
        list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", mail.to[i], said(answer, composed));
    }
    return all;
}

std::string error_of(const Recipients& all) {
    std::string error;
    if (!all.later.empty()) error = "not told yet: " + all.later;
    if (!all.never.empty()) error += fmt::format("{}not told: {}", error.empty() ? "" : "; ", all.never);
    return error;
}

// The message was taken for those who were told, if any were.
Outcome outcome_of(const Recipients& all, bool some_have_it) {
    if (!all.later.empty()) return Outcome::unavailable;
    return some_have_it ? Outcome::accepted : Outcome::refused;
}

}  // namespace

Outcome outcome_of_code(int code) {
    if (code >= 200 && code < 300) return Outcome::accepted;
    return code >= 500 && code < 600 && code != 552 ? Outcome::refused : Outcome::unavailable;
}

Result<Composed> begin(const channel::Declaration& declaration, const Json& given, const Json& secrets) {
    if (const auto checked = check_settings(declaration, given, secrets); !checked) return checked.error();
    const auto config = channel::with_defaults(given, declaration.config);
    MailRequest mail;
    mail.security = from_name<MailSecurity>(text_of(config, "security")).value_or(MailSecurity::starttls);
    mail.server = text_of(config, "server");
    const auto port = count_of(config, "port");
    mail.port = port == 0 ? usual_port(mail.security) : static_cast<int>(port);
    mail.authorities = text_of(config, "ca_certificates");
    mail.user = text_of(config, "user");
    mail.password = text_of(secrets, "password");
    if (mail.user.empty() != mail.password.empty()) return Error{"`user` and the secret `password` go together"};
    mail.from = text_of(config, "from");
    mail.hello = mail.from.substr(mail.from.rfind('@') + 1);

    Composed composed;
    composed.declaration = &declaration;
    composed.hidden = hidden_forms(secrets);
    hide_login(mail, composed.hidden);
    composed.mail = std::move(mail);
    return composed;
}

std::string lines(std::string_view text) {
    std::string made;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        made += clean_text(text.substr(0, end), 3 * end) + "\r\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return made;
}

Result<Composed> compose(const channel::Declaration& declaration, const Message& message, const Json& given, const Json& secrets) {
    const auto event = json::parse(message.document);
    if (!event) return Error{"the event " + event.error().message};
    const auto config = channel::with_defaults(given, declaration.config);
    const auto notice = cut(notice_for(message, *event), declaration.limits);
    const auto all = texts_of(config, "to");

    auto composed = begin(declaration, given, secrets);
    if (!composed) return composed.error();
    auto& mail = *composed->mail;
    const auto& domain = mail.hello;
    std::copy_if(all.begin(), all.end(), std::back_inserter(mail.to), [&message](const auto& address) {
        return std::find(message.reached.begin(), message.reached.end(), address) == message.reached.end();
    });
    // Whom it was to go to beside them is no longer one of the channel's.
    if (mail.to.empty()) mail.to = all;
    mail.headers = headers(message, notice, config, all, domain);
    mail.text = lines(plain(notice));
    mail.html = lines(page(notice));

    composed->some_have_it = mail.to.size() < all.size();
    return composed;
}

Judged judge(const Composed& composed, const MailReply& reply) {
    const auto recipients = sorted(composed, reply);
    const bool taken = reply.end.code != 0 && outcome_of_code(reply.end.code) == Outcome::accepted;
    Judged judged;
    if (taken) {
        judged.reached = recipients.told;
        judged.outcome = outcome_of(recipients, true);
        judged.error = error_of(recipients);
    } else if (reply.end.code != 0) {
        judged.outcome = outcome_of_code(reply.end.code);
        judged.error = "refused: " + said(reply.end, composed);
    } else if (recipients.refusal != nullptr && recipients.told.empty() && reply.recipients.size() == composed.mail->to.size()) {
        judged.outcome = outcome_of(recipients, composed.some_have_it);
        judged.error = error_of(recipients);
    } else {
        judged.outcome = reply.failure;
        judged.error = reply.error;
    }
    const auto& end = reply.end.code != 0 || recipients.refusal == nullptr || judged.outcome == reply.failure ? reply.end : *recipients.refusal;
    judged.status = end.code;
    judged.error = clean_text(without(composed.hidden, judged.error, false), kMaxErrorBytes);
    judged.response = clean_text(words_of(end, composed), kMaxReplyBytes);
    return judged;
}

}  // namespace sonde::notifier::email
