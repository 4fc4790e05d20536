#include "controlplane/status_page/format/feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "controlplane/status_page/format/news.h"
#include "controlplane/status_page/format/parts.h"
#include "controlplane/status_page/format/xml.h"

namespace sonde::status_page::format {
namespace {

// RFC 822 with four digits of the year, as RSS has dates.
std::string rss_date(TimePoint at) {
    static constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{std::chrono::floor<seconds>(at - day)};
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays.at(std::chrono::weekday{day}.c_encoding()), unsigned{date.day()}, kMonths.at(unsigned{date.month()} - 1),
                       int{date.year()}, time.hours().count(), time.minutes().count(), time.seconds().count());
}

// What of the page is about one component, as a page of its own; the others keep their names, for what is about them, too.
Snapshot part_of(const Snapshot& page, std::string_view component) {
    Snapshot part;
    part.slug = fmt::format("{}:{}", page.slug, component);
    part.look = page.look;
    part.made_at = page.made_at;
    const auto copy = [component](const auto& from, auto& to) {
        std::copy_if(from.begin(), from.end(), std::back_inserter(to),
                     [component](const auto& one) { return std::find(one.components.begin(), one.components.end(), component) != one.components.end(); });
    };
    copy(page.open, part.open);
    copy(page.past, part.past);
    copy(page.maintenance, part.maintenance);
    auto& all = part.groups.emplace_back();
    for (const auto& group : page.groups) {
        for (const auto& one : group.components) {
            auto& named = all.components.emplace_back();
            named.id = one.id;
            named.name = one.name;
            if (one.id == component) {
                named.since = one.since;
                part.look.title = fmt::format("{} · {}", one.name, page.look.title);
                part.look.description = one.description;
            }
        }
    }
    return part;
}

// What a feed is of, and where.
struct Source {
    const Snapshot& page;
    std::string_view base;
    std::string place;  // below it, of the feeds

    [[nodiscard]] std::string address(std::string_view name) const { return fmt::format("{}{}{}", base, place, name); }
};

template <class Write>
std::string written(const Snapshot& page, std::string_view base, std::string_view component, Write write) {
    if (component.empty()) return write(Source{page, base, {}});
    const auto part = part_of(page, component);
    return write(Source{part, base, fmt::format("components/{}/", component)});
}

std::string rss_of(const Source& source) {
    const auto& [page, base, place] = source;
    const auto entries = news_of(page, base);
    const auto& look = page.look;
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n";
    text += xml_element("title", look.title);
    text += xml_element("link", base);
    text += xml_element("description", look.description.empty() ? look.title : look.description);
    text += xml_element("language", html::Language::find(look.language).code());
    text += xml_element("lastBuildDate", rss_date(last_news(page, entries)));
    text += fmt::format("<atom:link rel=\"self\" type=\"application/rss+xml\" href=\"{}\"/>\n", xml_text(source.address("feed.rss")));
    for (const auto& entry : entries) {
        text += "<item>\n";
        text += xml_element("title", entry.title);
        text += xml_element("link", entry.url);
        text += fmt::format("<guid isPermaLink=\"false\">{}</guid>\n", xml_text(entry.id));
        text += xml_element("pubDate", rss_date(entry.changed));
        text += xml_element("category", entry.state);
        text += xml_element("description", entry.html);
        text += "</item>\n";
    }
    return text + "</channel>\n</rss>\n";
}

std::string atom_of(const Source& source) {
    const auto& [page, base, place] = source;
    const auto entries = news_of(page, base);
    const auto& look = page.look;
    auto text = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n", html::Language::find(look.language).code());
    text += xml_element("id", lasting_id(page));
    text += xml_element("title", look.title);
    if (!look.description.empty()) text += xml_element("subtitle", look.description);
    text += xml_element("updated", to_rfc3339(last_news(page, entries)));
    text += fmt::format("<author>\n{}</author>\n", xml_element("name", look.title));
    text += fmt::format("<link rel=\"self\" type=\"application/atom+xml\" href=\"{}\"/>\n", xml_text(source.address("feed.atom")));
    text += fmt::format("<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n", xml_text(base));
    for (const auto& entry : entries) {
        text += "<entry>\n";
        text += xml_element("id", entry.id);
        text += xml_element("title", entry.title);
        text += xml_element("published", to_rfc3339(entry.published));
        text += xml_element("updated", to_rfc3339(entry.changed));
        text += fmt::format("<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n", xml_text(entry.url));
        text += fmt::format("<category term=\"{}\"/>\n", xml_text(entry.state));
        text += fmt::format("<content type=\"html\">{}</content>\n", xml_text(entry.html));
        text += "</entry>\n";
    }
    return text + "</feed>\n";
}

std::string json_of(const Source& source) {
    const auto& [page, base, place] = source;
    const auto& look = page.look;
    Json feed{{"version", "https://jsonfeed.org/version/1.1"}, {"title", look.title}, {"home_page_url", base}, {"feed_url", source.address("feed.json")}};
    if (!look.description.empty()) feed["description"] = look.description;
    feed["language"] = html::Language::find(look.language).code();
    auto& items = feed["items"] = Json::array();
    for (const auto& entry : news_of(page, base)) {
        items.push_back({{"id", entry.id},
                         {"url", entry.url},
                         {"title", entry.title},
                         {"content_html", entry.html},
                         {"content_text", entry.text},
                         {"date_published", to_rfc3339(entry.published)},
                         {"date_modified", to_rfc3339(entry.changed)},
                         {"tags", Json::array({entry.state})}});
    }
    return json::dump(feed);
}

}  // namespace

std::string rss(const Snapshot& page, std::string_view base, std::string_view component) { return written(page, base, component, rss_of); }
std::string atom(const Snapshot& page, std::string_view base, std::string_view component) { return written(page, base, component, atom_of); }
std::string json_feed(const Snapshot& page, std::string_view base, std::string_view component) { return written(page, base, component, json_of); }

}  // namespace sonde::status_page::format
