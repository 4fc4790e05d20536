#include "notifier/subscriber/letter.h"

#include <fmt/format.h>

#include "lib/calendar/zone.h"
#include "lib/channel/escape.h"
#include "lib/channel/structure.h"
#include "lib/json/json.h"
#include "notifier/core/words.h"
#include "notifier/subscriber/words.h"

namespace sonde::notifier::subscriber {
namespace {

constexpr std::size_t kMostNamed = 20;  // components
constexpr std::size_t kMostText = 20'000;

std::string with_title(std::string_view sentence, const std::string& title) {
    const auto at = sentence.find("{}");
    return at == std::string_view::npos ? std::string(sentence) : std::string(sentence.substr(0, at)) + title + std::string(sentence.substr(at + 2));
}

// As a clock of the page's says, in the one order that is read alike everywhere.
std::string moment(const Telling& telling, const std::string& text) {
    const auto at = from_rfc3339(text);
    if (!at) return {};
    const auto zone = calendar::Zone::find(telling.time_zone);
    const auto local = std::chrono::floor<std::chrono::minutes>((zone ? *zone : calendar::Zone::utc()).local(*at));
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{local - day};
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} ({})", static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), zone ? telling.time_zone : "UTC");
}

std::string affected(const Json& document) {
    std::string names;
    std::size_t count = 0;
    const auto& components = part_of(document, "components");
    if (!components.is_array()) return names;
    for (const auto& component : components) {
        if (++count > kMostNamed) return names + ", …";
        names += (names.empty() ? "" : ", ") + notifier::text_of(component, "name");
    }
    return names;
}

std::string_view what_happened(const Words& words, const Json& document) {
    const auto type = notifier::text_of(document, "type");
    const auto phase = notifier::text_of(document, "phase");
    if (type == "incident.resolved") return words.resolved;
    if (type == "incident.postmortem") return words.postmortem;
    if (type == "maintenance.scheduled") return words.scheduled;
    if (type == "maintenance.started") return words.started;
    if (type == "maintenance.ended") return words.ended;
    if (type == "maintenance.cancelled") return words.cancelled;
    if (type != "incident.updated") return words.opened;
    if (phase == "identified") return words.identified;
    if (phase == "monitoring") return words.monitoring;
    return phase == "resolved" ? words.resolved : words.investigating;
}

std::string cut_text(std::string text) { return text.size() <= kMostText ? text : channel::shortened(text, kMostText, channel::Escape::none); }

Letter news(const Telling& telling, const Words& words, const Places& places) {
    const auto document = json::parse(*telling.document).ok() ? *json::parse(*telling.document) : Json::object();
    Letter letter;
    letter.subject = fmt::format("[{}] {}: {}", telling.title, what_happened(words, document), notifier::text_of(document, "title"));
    letter.text = cut_text(notifier::text_of(document, "text"));
    const auto fact = [&letter](std::string_view name, std::string value) {
        if (!value.empty()) letter.facts.emplace_back(name, std::move(value));
    };
    fact(words.affected, affected(document));
    fact(words.began, moment(telling, notifier::text_of(document, "began_at")));
    fact(words.resolved, moment(telling, notifier::text_of(document, "resolved_at")));
    fact(words.from, moment(telling, notifier::text_of(document, "starts_at")));
    fact(words.until, moment(telling, notifier::text_of(document, "ends_at")));
    letter.link = {std::string(words.more), places.page + notifier::text_of(document, "place")};
    letter.thread = fmt::format("{} {}", telling.slug, notifier::text_of(document, "id"));
    letter.foot = with_title(words.because, telling.title);
    return letter;
}

std::string safe(std::string_view text) {
    std::string made;
    for (const char c : channel::escaped(text, channel::Escape::html)) made += c == '\n' ? std::string("<br>\n") : std::string(1, c);
    return made;
}

std::string link_to(const std::pair<std::string, std::string>& link) { return fmt::format("<a href=\"{}\" style=\"color:inherit\">{}</a>", safe(link.second), safe(link.first)); }

}  // namespace

Letter letter_of(const Telling& telling, const Places& places) {
    const auto& words = words_of(telling.language);
    Letter letter;
    if (telling.document) {
        letter = news(telling, words, places);
    } else if (telling.confirmed) {
        letter.subject = with_title(words.known_subject, telling.title);
        letter.text = with_title(words.known, telling.title);
        letter.link = {std::string(words.manage), places.manage};
    } else {
        letter.subject = with_title(words.ask_subject, telling.title);
        letter.text = with_title(words.ask, telling.title);
        letter.link = {std::string(words.confirm), places.confirm};
        letter.foot = words.not_you;
    }
    letter.language = words.code;
    if (telling.document) letter.foot_links.emplace_back(words.manage, places.manage);
    if (telling.document || telling.confirmed) letter.foot_links.emplace_back(words.unsubscribe, places.unsubscribe);
    return letter;
}

std::string text_of(const Letter& letter) {
    auto text = letter.subject + "\n";
    if (!letter.text.empty()) text += "\n" + letter.text + "\n";
    if (!letter.facts.empty()) text += "\n";
    for (const auto& [name, value] : letter.facts) text += fmt::format("{}: {}\n", name, value);
    text += fmt::format("\n{}: {}\n\n-- \n", letter.link.first, letter.link.second);
    if (!letter.foot.empty()) text += letter.foot + "\n";
    for (const auto& [name, to] : letter.foot_links) text += fmt::format("{}: {}\n", name, to);
    return text;
}

std::string page_of(const Letter& letter) {
    auto text = fmt::format("<!doctype html>\n<html lang=\"{0}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n"
                            "<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"supported-color-schemes\" content=\"light dark\">\n<title>{1}</title></head>\n"
                            "<body style=\"margin:0;padding:16px;font:15px/1.5 system-ui,sans-serif\">\n<div style=\"max-width:640px\">\n<h1 style=\"font-size:18px;margin:0 0 12px\">{1}</h1>\n",
                            letter.language, safe(letter.subject));
    if (!letter.text.empty()) text += fmt::format("<p style=\"margin:0 0 12px\">{}</p>\n", safe(letter.text));
    for (const auto& [name, value] : letter.facts) text += fmt::format("<p style=\"margin:0 0 4px\">{}: {}</p>\n", safe(name), safe(value));
    text += fmt::format("<p style=\"margin:16px 0\"><a href=\"{}\" "
                        "style=\"display:inline-block;padding:8px 16px;border-radius:6px;text-decoration:none;background:#1864ab;color:#ffffff\">{}</a></p>\n",
                        safe(letter.link.second), safe(letter.link.first));
    if (!letter.foot.empty()) text += fmt::format("<p style=\"margin:16px 0 4px;opacity:.7\">{}</p>\n", safe(letter.foot));
    for (const auto& link : letter.foot_links) text += fmt::format("<p style=\"margin:0;opacity:.7\">{}</p>\n", link_to(link));
    return text + "</div>\n</body></html>\n";
}

}  // namespace sonde::notifier::subscriber
