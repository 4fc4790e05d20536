#include "controlplane/status_page/serve/document.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "controlplane/status_page/format/badge.h"
#include "controlplane/status_page/format/feed.h"
#include "controlplane/status_page/format/index.h"
#include "controlplane/status_page/format/parts.h"
#include "controlplane/status_page/format/statuspage.h"
#include "controlplane/status_page/html/render.h"
#include "controlplane/status_page/html/small.h"
#include "controlplane/status_page/picture/card.h"

namespace sonde::status_page::serve {
namespace {

constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kFeeds = "feeds";
constexpr std::string_view kNothing = "default-src 'none'; frame-ancestors 'none'";
constexpr std::chrono::days kAround{125};  // what a page may know of, generously

// What follows `prefix` in `place`.
std::optional<std::string_view> after(std::string_view prefix, std::string_view place) {
    return place.starts_with(prefix) ? std::optional(place.substr(prefix.size())) : std::nullopt;
}

bool has_incident(const Snapshot& page, std::string_view id) {
    const auto is = [id](const auto& one) { return one.id == id; };
    return std::any_of(page.open.begin(), page.open.end(), is) || std::any_of(page.past.begin(), page.past.end(), is);
}

bool has_maintenance(const Snapshot& page, std::string_view id) {
    return std::any_of(page.maintenance.begin(), page.maintenance.end(), [id](const auto& one) { return one.id == id; });
}

bool may_have_month(const Snapshot& page, std::string_view text) {
    const auto month = html::read_month(text);
    if (!month) return false;
    const std::chrono::sys_days first{*month / 1};
    return first > page.made_at - kAround && first < page.made_at + kAround;
}

bool may_have_badge(const Snapshot& page, std::string_view place) {
    const auto slash = place.find('/');
    const auto file = slash == std::string_view::npos ? place : place.substr(slash + 1);
    static constexpr std::array<std::string_view, 6> kFiles{"state.svg", "state.json", "uptime.svg", "uptime.json", "response-time.svg", "response-time.json"};
    return std::find(kFiles.begin(), kFiles.end(), file) != kFiles.end() && (slash == std::string_view::npos || format::find_component(page, place.substr(0, slash)) != nullptr);
}

bool is_statuspage(std::string_view name) {
    static constexpr std::array<std::string_view, 8> kNames{"summary.json",   "status.json",    "components.json", "incidents.json", "incidents/unresolved.json", "scheduled-maintenances.json",
                                                            "scheduled-maintenances/upcoming.json", "scheduled-maintenances/active.json"};
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

html::Place place_of(std::string_view place) {
    if (const auto id = after("incidents/", place)) return html::OneIncident{std::string(*id)};
    if (const auto id = after("maintenance/", place)) return html::OneMaintenance{std::string(*id)};
    if (const auto month = after("history/", place)) return html::OneMonth{html::read_month(*month).value_or(std::chrono::year_month{})};
    if (place == kFeeds) return html::Feeds{};
    return html::Current{};
}

// The earliest time at which the snapshot is so old: all of that minute are told the same.
TimePoint time_of(const Snapshot& page, std::int64_t age) { return age == 0 ? page.made_at : page.made_at + std::max<milliseconds>(std::chrono::minutes{age}, html::kFresh + milliseconds{1}); }

std::optional<Document> made(std::string_view type, std::optional<std::string> body, std::string policy = std::string(kNothing)) {
    if (!body) return std::nullopt;
    return Document{type, std::move(*body), std::move(policy)};
}

bool is_feed(std::string_view name) { return name == "feed.rss" || name == "feed.atom" || name == "feed.json"; }

// `{component}/feed.atom`: both, if there are such.
std::optional<std::pair<std::string_view, std::string_view>> feed_of_component(const Snapshot& page, std::string_view place) {
    const auto slash = place.find('/');
    if (slash == std::string_view::npos || !is_feed(place.substr(slash + 1)) || format::find_component(page, place.substr(0, slash)) == nullptr) return std::nullopt;
    return std::pair{place.substr(0, slash), place.substr(slash + 1)};
}

std::optional<Document> make_feed(const Snapshot& page, const Asked& asked, std::string_view component, std::string_view name) {
    if (name == "feed.rss") return made("application/rss+xml; charset=utf-8", format::rss(page, asked.address, component));
    if (name == "feed.atom") return made("application/atom+xml; charset=utf-8", format::atom(page, asked.address, component));
    return made("application/feed+json; charset=utf-8", format::json_feed(page, asked.address, component));
}

std::optional<Document> make_data(const Snapshot& page, const Asked& asked) {
    const auto& place = asked.place;
    if (place == "index.json") return made(kJson, format::index_json(page, asked.address));
    if (is_feed(place)) return make_feed(page, asked, {}, place);
    if (const auto rest = after("components/", place)) {
        const auto feed = feed_of_component(page, *rest);
        return feed ? make_feed(page, asked, feed->first, feed->second) : std::nullopt;
    }
    if (const auto name = after("api/v2/", place)) return made(kJson, format::statuspage(page, asked.address, *name));
    if (const auto name = after("badge/", place)) return made(kJson, format::badge(page, *name));
    return std::nullopt;
}

}  // namespace

std::optional<Use> use_of(const Snapshot& page, std::string_view place) {
    if (place.empty() || place == kFeeds) return Use::reading;
    if (place == "widget.html") return Use::widget;
    if (place == "widget.js") return Use::script;
    if (place == kPicture) return Use::picture;
    if (place == "index.json" || is_feed(place)) return Use::data;
    const auto unless = [](bool there, Use use) { return there ? std::optional(use) : std::nullopt; };
    if (const auto name = after("api/v2/", place)) return unless(is_statuspage(*name), Use::data);
    if (const auto name = after("badge/", place)) return unless(may_have_badge(page, *name), name->ends_with(".svg") ? Use::picture : Use::data);
    if (const auto rest = after("components/", place)) return unless(feed_of_component(page, *rest).has_value(), Use::data);
    if (const auto id = after("incidents/", place)) return unless(has_incident(page, *id), Use::reading);
    if (const auto id = after("maintenance/", place)) return unless(has_maintenance(page, *id), Use::reading);
    if (const auto month = after("history/", place)) return unless(may_have_month(page, *month), Use::reading);
    return std::nullopt;
}

std::optional<Document> make(const Snapshot& page, const Asked& asked) {
    const auto use = use_of(page, asked.place);
    if (!use) return std::nullopt;
    const auto now = time_of(page, asked.age);
    switch (*use) {
        case Use::data: return make_data(page, asked);
        case Use::picture:
            if (asked.place == kPicture) return made("image/png", asked.font == nullptr ? std::nullopt : picture::draw(picture::card_of(page), *asked.font));
            return made("image/svg+xml", format::badge(page, std::string_view(asked.place).substr(std::string_view("badge/").size())));
        case Use::script: return made("text/javascript; charset=utf-8", std::string(html::widget_script()));
        case Use::widget: return made(kHtml, html::widget(page, {.now = now}, asked.address.empty() ? asked.base : asked.address), html::widget_policy());
        case Use::reading: break;
    }
    html::Visit visit{.now = now, .base = asked.base, .place = place_of(asked.place)};
    if (!asked.address.empty()) {
        visit.address = asked.address + asked.place;
        if (asked.font != nullptr) visit.picture = asked.address + std::string(kPicture);
    }
    return made(kHtml, html::render(page, visit), html::content_security_policy(page.look));
}

std::int64_t age_of(const Snapshot& page, TimePoint now) {
    const auto age = now - page.made_at;
    if (age <= html::kFresh) return 0;
    return std::chrono::floor<std::chrono::minutes>(age).count();
}

}  // namespace sonde::status_page::serve
