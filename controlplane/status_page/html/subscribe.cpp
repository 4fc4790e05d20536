#include "controlplane/status_page/html/subscribe.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/status_page/html/compiled.h"
#include "controlplane/status_page/html/language.h"
#include "controlplane/status_page/html/sources.h"
#include "controlplane/status_page/html/style.h"
#include "lib/json/json.h"

namespace sonde::status_page::html {
namespace {

const std::string& subscribe_style() {
    static const auto style = std::string(source("small.css")) + std::string(source("subscribe.css"));
    return style;
}

// Groups of boxes to tick; those of a page with one component alone are none.
Json boxes(const Snapshot& page, const std::vector<std::string>& chosen) {
    Json groups = Json::array();
    std::size_t count = 0;
    for (const auto& group : page.groups) {
        Json components = Json::array();
        for (const auto& component : group.components) {
            const bool ticked = chosen.empty() || std::find(chosen.begin(), chosen.end(), component.id) != chosen.end();
            components.push_back({{"id", component.id}, {"name", component.name}, {"ticked", ticked}});
            ++count;
        }
        groups.push_back({{"name", group.name}, {"components", std::move(components)}});
    }
    return count > 1 ? groups : Json::array();
}

bool has_boxes(SubscribeView view) {
    return view == SubscribeView::form || view == SubscribeView::bad_address || view == SubscribeView::manage || view == SubscribeView::saved;
}

// What is said, and what the button does.
Json words_of(const Language& words, SubscribeView view) {
    const auto name = name_of(view);
    const auto& all = words.document().at("subscribe");
    Json said{{"text", all.at(std::string(name))}};
    const bool asks = view == SubscribeView::confirm || view == SubscribeView::unsubscribe || view == SubscribeView::manage || view == SubscribeView::saved;
    if (asks) said["button"] = all.at(view == SubscribeView::confirm ? "do_confirm" : view == SubscribeView::unsubscribe ? "do_unsubscribe" : "save");
    return said;
}

}  // namespace

std::string subscribe(const Snapshot& page, const SubscribePage& shown) {
    static const auto shape = compiled("subscribe.html");
    const auto& words = Language::find(page.look.language);
    const bool form = shown.view == SubscribeView::form || shown.view == SubscribeView::bad_address;
    Json values{{"lang", words.code()}, {"title", page.look.title}, {"base", shown.base}, {"s", words.document().at("subscribe")}, {"back", words.text("page", "back")},
                {"form", form}, {"mistake", shown.view == SubscribeView::bad_address}, {"both", shown.email && shown.webhook}, {"email", shown.email}, {"webhook", shown.webhook},
                {"is_webhook", shown.is_webhook || !shown.email}, {"address", shown.address}, {"groups", has_boxes(shown.view) ? boxes(page, shown.chosen) : Json::array()},
                {"manage", shown.manage}, {"unsubscribe", shown.unsubscribe}, {"said", words_of(words, shown.view)}};
    values["pick"] = !values["groups"].empty();
    const auto text = shape.render(mustache::Values(values, escaped_lines));
    if (!text) return {};
    const auto end = text->find("</head>");
    return fmt::format("{}<style>{}</style>\n{}", text->substr(0, end), subscribe_style(), text->substr(end));
}

const std::string& subscribe_policy() {
    static const auto policy = fmt::format("default-src 'none'; style-src {}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'", style_digest(subscribe_style()));
    return policy;
}

}  // namespace sonde::status_page::html
