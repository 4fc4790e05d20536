#include "controlplane/status_page/html/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "controlplane/status_page/html/compiled.h"
#include "controlplane/status_page/html/component_view.h"
#include "controlplane/status_page/html/news_view.h"
#include "controlplane/status_page/html/sources.h"
#include "controlplane/status_page/html/style.h"

namespace sonde::status_page::html {
namespace {

using std::chrono::year_month;

constexpr int kDaysOnPage = 14;
constexpr std::chrono::days kHistory{90};

Json linked_month(const Scene& scene, year_month month) {
    const auto url = fmt::format("{}history/{:04}-{:02}", scene.visit.base, int{month.year()}, unsigned{month.month()});
    return {{"url", url}, {"name", scene.words.month(month)}};
}

struct Months {
    year_month first;
    year_month last;
};

// Those that the snapshot knows something of.
Months months_of(const Scene& scene) {
    const auto month_at = [&](TimePoint at) {
        const auto date = day_of(scene.zone, at);
        return year_month{date.year(), date.month()};
    };
    return {month_at(scene.page.made_at - kHistory), month_at(scene.page.made_at)};
}

template <class Item>
const Item* find(const std::vector<Item>& items, std::string_view id) {
    const auto found = std::find_if(items.begin(), items.end(), [id](const Item& item) { return item.id == id; });
    return found == items.end() ? nullptr : &*found;
}

// What is to be seen at a place: members for the template, and how it is called. Nothing if it is not there.
struct Sight {
    Json values;
    std::string name;
};

std::optional<Sight> sight(const Scene& scene, const Current&) {
    const auto& page = scene.page;
    auto running = Json::array();
    auto planned = Json::array();
    for (const auto& maintenance : page.maintenance) {
        if (maintenance.progress == Progress::in_progress) running.push_back(maintenance_view(scene, maintenance));
        if (maintenance.progress == Progress::scheduled) planned.push_back(maintenance_view(scene, maintenance));
    }
    auto open = Json::array();
    for (const auto& incident : page.open) open.push_back(incident_view(scene, incident));
    return Sight{object({{"current", true},
                  {"overall", overall_view(scene)},
                  {"has_open", !open.empty()},
                  {"open", std::move(open)},
                  {"has_running", !running.empty()},
                  {"running", std::move(running)},
                  {"has_planned", !planned.empty()},
                  {"planned", std::move(planned)},
                  {"past", page.look.shows_history ? log_of_days(scene, kDaysOnPage) : Json::array()},
                  {"counting", counting_view(scene)},
                  {"groups", groups_view(scene)}}),
                 ""};
}

std::optional<Sight> sight(const Scene& scene, const OneMonth& one) {
    const auto months = months_of(scene);
    if (!scene.page.look.shows_history || !one.month.ok() || one.month < months.first || one.month > months.last) return std::nullopt;
    auto name = scene.words.say("title_month", {{"month", scene.words.month(one.month)}});
    auto past = log_of_month(scene, one.month);
    const std::chrono::months step{1};
    return Sight{{{"month",
                   {{"name", name},
                    {"has_past", !past.empty()},
                    {"past", std::move(past)},
                    {"earlier", one.month > months.first ? linked_month(scene, one.month - step) : Json()},
                    {"later", one.month < months.last ? linked_month(scene, one.month + step) : Json()}}}},
                 name};
}

std::optional<Sight> sight(const Scene& scene, const OneIncident& one) {
    const auto* incident = find(scene.page.open, one.id);
    if (incident == nullptr) incident = find(scene.page.past, one.id);
    if (incident == nullptr) return std::nullopt;
    return Sight{{{"one", incident_view(scene, *incident)}}, incident->title};
}

std::optional<Sight> sight(const Scene& scene, const OneMaintenance& one) {
    const auto* maintenance = find(scene.page.maintenance, one.id);
    if (maintenance == nullptr) return std::nullopt;
    return Sight{{{"one", maintenance_view(scene, *maintenance)}}, maintenance->title};
}

std::optional<Sight> sight(const Scene& scene, const Feeds&) {
    return Sight{{{"listing", {{"groups", feeds_view(scene)}}}}, scene.words.text("page", "feeds")};
}

// What every page has around what is to be seen.
Json frame(const Scene& scene, const Sight& seen) {
    const auto& look = scene.page.look;
    const auto& words = scene.words;
    const auto& base = scene.visit.base;
    const bool current = seen.values.contains("current");
    const auto age = scene.visit.now - scene.page.made_at;
    const auto known_at = words.at(scene.zone, scene.page.made_at);
    return {{"lang", words.code()},
            {"t", words.document().at("page")},
            {"base", base},
            {"subscribable", scene.page.subscribable && base.starts_with('/')},  // files have nobody to ask
            {"address", scene.visit.address},
            {"picture", scene.visit.picture},
            {"state", words.text("overall", name_of(scene.page.condition))},
            {"title", look.title},
            {"heading", seen.name.empty() ? look.title : seen.name + " · " + look.title},
            {"summary", current ? words.text("overall", name_of(scene.page.condition)) : look.description},
            {"description", look.description},
            {"indexed", look.indexed},
            {"icon", is_picture(look.favicon) ? look.favicon : state_icon(scene.page.condition)},
            {"logo", is_picture(look.logo) ? look.logo : ""},
            {"home", !current ? base : is_link(look.home_url) ? look.home_url : ""},
            {"support", is_link(look.support_url) ? look.support_url : ""},
            {"history", look.shows_history ? linked_month(scene, months_of(scene).last).at("url") : Json()},
            {"stale", age > kFresh ? Json(words.say("stale", {{"at", known_at}, {"duration", words.duration(age)}})) : Json()},
            {"as_of", moment(scene, scene.page.made_at, words.say("as_of", {{"at", known_at}}))},
            {"zone", words.say("zone", {{"zone", scene.zone.name()}})},
            {"current", false},
            {"month", nullptr},
            {"one", nullptr},
            {"listing", nullptr}};
}

}  // namespace

std::optional<std::string> render(const Snapshot& page, const Visit& visit) {
    static const auto head = compiled("head.html");
    static const auto body = compiled("body.html");
    const auto zone = calendar::Zone::find(page.look.time_zone);
    const Scene scene{page, visit, Language::find(page.look.language), zone ? *zone : calendar::Zone::utc()};
    auto seen = std::visit([&scene](const auto& place) { return sight(scene, place); }, visit.place);
    if (!seen) return std::nullopt;
    auto values = frame(scene, *seen);
    values.get_ref<Json::object_t&>().reserve(values.size() + seen->values.size());  // one that grows copies what is in it
    for (const auto& item : seen->values.items()) values[item.key()] = std::move(item.value());
    const mustache::Values filled(values, escaped_lines);
    const auto before = head.render(filled);
    const auto after = body.render(filled);
    if (!before || !after) return std::nullopt;
    return fmt::format("{}<style>{}</style>\n<style>{}</style>\n{}<script>{}</script>\n</body>\n</html>\n", *before, source("style.css"), style_of(page.look), *after, source("live.js"));
}

std::optional<year_month> read_month(std::string_view text) {
    int year = 0;
    unsigned month = 0;
    if (text.size() != 7 || text[4] != '-') return std::nullopt;
    const auto digits = [](std::string_view part, auto& value) {
        const auto [end, wrong] = std::from_chars(part.data(), part.data() + part.size(), value);
        return wrong == std::errc{} && end == part.data() + part.size() && part.front() != '-';
    };
    if (!digits(text.substr(0, 4), year) || !digits(text.substr(5), month)) return std::nullopt;
    const year_month read{std::chrono::year{year}, std::chrono::month{month}};
    return read.ok() ? std::optional(read) : std::nullopt;
}

}  // namespace sonde::status_page::html
