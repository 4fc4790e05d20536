#include <fmt/format.h>

#include "lib/channel/escape.h"
#include "notifier/channel/email.h"

namespace sonde::notifier::email {
namespace {

std::string_view colour_of(Tone tone) {
    switch (tone) {
        case Tone::critical: return "#d92d20";
        case Tone::major: return "#e8590c";
        case Tone::minor: return "#f0b429";
        case Tone::good: return "#2f9e44";
        case Tone::info: break;
    }
    return "#868e96";
}

std::string escaped(std::string_view text) { return channel::escaped(text, channel::Escape::html); }

std::string with_breaks(std::string_view text) {
    std::string made;
    for (const char c : escaped(text)) made += c == '\n' ? std::string("<br>\n") : std::string(1, c);
    return made;
}

std::string button(std::string_view link, std::string_view words, std::string_view style) {
    return fmt::format("<a href=\"{}\" style=\"display:inline-block;padding:8px 16px;margin:0 8px 8px 0;border-radius:6px;text-decoration:none;{}\">{}</a>\n", escaped(link), style, words);
}

}  // namespace

std::string page(const Notice& notice) {
    auto text = fmt::format("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n"
                            "<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"supported-color-schemes\" content=\"light dark\">\n<title>{0}</title></head>\n"
                            "<body style=\"margin:0;padding:16px;font:15px/1.5 system-ui,sans-serif\">\n"
                            "<div style=\"max-width:640px;border-left:4px solid {1};padding:4px 0 4px 16px\">\n<h1 style=\"font-size:18px;margin:0 0 12px\">{0}</h1>\n",
                            escaped(notice.title), colour_of(notice.tone));
    if (!notice.text.empty()) text += fmt::format("<p style=\"margin:0 0 12px\">{}</p>\n", with_breaks(notice.text));
    if (!notice.facts.empty()) text += "<table role=\"presentation\" style=\"border-collapse:collapse;margin:0 0 12px\">\n";
    for (const auto& fact : notice.facts) {
        text += fmt::format("<tr><td style=\"padding:2px 16px 2px 0;vertical-align:top;opacity:.7\">{}</td><td style=\"padding:2px 0;vertical-align:top\">{}</td></tr>\n",
                            escaped(fact.name), with_breaks(fact.value));
    }
    if (!notice.facts.empty()) text += "</table>\n";
    if (!notice.ack_url.empty()) text += button(notice.ack_url, "Acknowledge", "background:#1864ab;border:1px solid #1864ab;color:#ffffff");
    if (!notice.link.empty()) text += button(notice.link, "Open in Sonde", "border:1px solid #868e96;color:inherit");
    return text + "</div>\n</body></html>\n";
}

}  // namespace sonde::notifier::email
