#include "controlplane/status_page/html/small.h"

#include <fmt/format.h>

#include "controlplane/status_page/html/compiled.h"
#include "controlplane/status_page/html/scene.h"
#include "controlplane/status_page/html/sources.h"
#include "controlplane/status_page/html/style.h"

namespace sonde::status_page::html {
namespace {

std::string with_style(const std::string& text) {
    const auto end = text.find("</head>");
    return fmt::format("{}<style>{}</style>\n{}", text.substr(0, end), source("small.css"), text.substr(end));
}

std::string small_policy(std::string_view rest) { return fmt::format("default-src 'none'; style-src {}; base-uri 'none'; {}", style_digest(source("small.css")), rest); }

std::string mistake(const Language& words, Question question) {
    if (question == Question::wrong_password) return words.text("guard", "wrong");
    return question == Question::later ? words.text("guard", "later") : "";
}

}  // namespace

std::string widget(const Snapshot& page, const Visit& visit, std::string_view url) {
    static const auto shape = compiled("widget.html");
    const auto& words = Language::find(page.look.language);
    const auto age = visit.now - page.made_at;
    const auto zone = calendar::Zone::find(page.look.time_zone);
    const auto known_at = words.at(zone ? *zone : calendar::Zone::utc(), page.made_at);
    const Json values{{"lang", words.code()},
                      {"title", page.look.title},
                      {"url", url},
                      {"mark", mark_of(page.condition)},
                      {"state", words.text("overall", name_of(page.condition))},
                      {"stale", age > kFresh ? Json(words.say("as_of", {{"at", known_at}})) : Json()}};
    const auto text = shape.render(mustache::Values(values, escaped_lines));
    return text ? with_style(*text) : std::string{};
}

const std::string& widget_policy() {
    static const auto policy = small_policy("form-action 'none'; frame-ancestors *");
    return policy;
}

std::string_view widget_script() { return source("widget.js"); }

std::string guard(std::string_view language, Question question, std::string_view base) {
    static const auto shape = compiled("guard.html");
    const auto& words = Language::find(language);
    const Json values{{"lang", words.code()}, {"g", words.document().at("guard")}, {"base", base}, {"password", question != Question::token}, {"mistake", mistake(words, question)}};
    const auto text = shape.render(mustache::Values(values, escaped_lines));
    return text ? with_style(*text) : std::string{};
}

std::string nothing(const Snapshot& page, std::string_view base) {
    static const auto shape = compiled("nothing.html");
    const auto& words = Language::find(page.look.language);
    const Json values{{"lang", words.code()}, {"t", words.document().at("page")}, {"title", page.look.title}, {"base", base}};
    const auto text = shape.render(mustache::Values(values, escaped_lines));
    return text ? with_style(*text) : std::string{};
}

const std::string& guard_policy() {
    static const auto policy = small_policy("form-action 'self'; frame-ancestors 'none'");
    return policy;
}

}  // namespace sonde::status_page::html
