#include "controlplane/status_page/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/status_page/html/css.h"
#include "controlplane/status_page/image.h"
#include "lib/account/password.h"
#include "lib/calendar/zone.h"
#include "lib/message/subject.h"
#include "lib/net/url.h"

namespace sonde::status_page {
namespace {

constexpr std::size_t kMostComponentId = 40;
constexpr std::size_t kMostUrl = 2'000;
constexpr std::array<std::string_view, 5> kLanguages{"en", "de", "fr", "es", "hr"};

// What is wrong with an owner's own style sheet.
std::optional<std::string> css_mistake(std::string_view css) {
    const auto clean = html::clean_css(css);
    return clean ? std::nullopt : std::optional(clean.error().message);
}

std::optional<std::string> host_mistake(const std::string& host) {
    const auto url = net::parse_url("https://" + host + "/");
    if (!url || url->host_is_address || url->host != host || host.ends_with('.')) return "must be the name of a host in small letters, such as status.example.org, without a port";
    return std::nullopt;
}

std::optional<std::string> url_mistake(const std::string& text) {
    const auto url = net::parse_url(text);
    if (!url) return url.error().message;
    if (url->has_userinfo) return "must not have a user or password in it";
    return std::nullopt;
}

bool is_colour(std::string_view text) {
    const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return text.size() == 7 && text.front() == '#' && std::all_of(text.begin() + 1, text.end(), digit);
}

template <class Judge>
void read_checked(json::Reader& in, std::string_view field, std::string& target, json::TextRule rule, Judge mistake) {
    if (!in.text(field, target, rule) || target.empty()) return;
    if (const auto wrong = mistake(target)) in.refuse(field, *wrong);
}

template <class AnyId>
void read_ids(json::Reader& in, std::string_view field, std::vector<AnyId>& ids, json::Problems& problems) {
    std::vector<std::string> texts;
    if (!in.texts(field, texts, kMostOfComponent, {.min = 1, .max = 40})) return;
    std::set<AnyId> seen;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto at = fmt::format("{}/{}", in.pointer(field), i);
        const auto id = AnyId::parse(texts[i]);
        if (!id) {
            problems.push_back({at, "is not an identifier of the right kind"});
        } else if (!seen.insert(*id).second) {
            problems.push_back({at, "is there twice"});
        } else {
            ids.push_back(*id);
        }
    }
}

void read_latencies(json::Reader& outer, ComponentDraft& component, json::Problems& problems) {
    const auto* document = outer.object("shows_latency");
    if (document == nullptr) return;
    json::Reader in(*document, outer.pointer("shows_latency"), problems);
    if (const auto* regions = in.object("regions")) {
        if (regions->size() > kMostLatencies) in.refuse("regions", fmt::format("must have at most {} regions", kMostLatencies));
        json::Reader names(*regions, in.pointer("regions"), problems);
        for (const auto& [region, title] : regions->items()) {
            std::string shown;
            if (!message::subject::is_region_name(region)) names.refuse(region, "is not the name of a region");
            if (names.text(region, shown, {.min = 1, .max = 60})) component.latencies.emplace_back(region, shown);
        }
        names.finish();
    }
    in.finish();
}

ComponentDraft read_component(const Json& document, const std::string& pointer, std::set<std::string>& ids, json::Problems& problems) {
    ComponentDraft component;
    json::Reader in(document, pointer, problems);
    in.require({"id", "name"});
    if (in.text("id", component.id, {.min = 1, .max = kMostComponentId})) {
        if (!is_slug(component.id, kMostComponentId)) {
            in.refuse("id", "must be small letters, digits and hyphens between them");
        } else if (!ids.insert(component.id).second) {
            in.refuse("id", "is the identifier of another component of the page");
        }
    }
    in.text("name", component.name, {.min = 1, .max = 200});
    in.text("description", component.description, {.max = 1'000, .multi_line = true});
    const auto before = problems.size();
    read_ids(in, "monitors", component.monitors, problems);
    read_ids(in, "sites", component.sites, problems);
    if (document.is_object() && problems.size() == before && component.monitors.empty() && component.sites.empty()) {
        problems.push_back({pointer, "must have at least one of `monitors` or `sites`"});
    }
    read_latencies(in, component, problems);
    in.finish();
    return component;
}

void read_groups(json::Reader& in, std::vector<GroupDraft>& groups, json::Problems& problems) {
    const auto* list = in.array("groups", kMostGroups);
    if (list == nullptr) return;
    std::set<std::string> ids;
    std::size_t components = 0;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const auto pointer = fmt::format("{}/{}", in.pointer("groups"), i);
        GroupDraft group;
        json::Reader of_group((*list)[i], pointer, problems);
        of_group.text("name", group.name, {.max = 200});
        of_group.boolean("collapsed", group.collapsed);
        if (const auto* items = of_group.array("components", kMostComponents)) {
            components += items->size();
            for (std::size_t k = 0; k < items->size() && components <= kMostComponents; ++k) {
                group.components.push_back(read_component((*items)[k], fmt::format("{}/components/{}", pointer, k), ids, problems));
            }
        }
        of_group.finish();
        groups.push_back(std::move(group));
    }
    if (components > kMostComponents) in.refuse("groups", fmt::format("must have at most {} components in all", kMostComponents));
}

template <class Each>
void each_state(Each each) {
    each("degraded", &OwnAccounting::degraded);
    each("unknown", &OwnAccounting::unknown);
    each("pending", &OwnAccounting::pending);
    each("maintenance", &OwnAccounting::maintenance);
    each("paused", &OwnAccounting::paused);
}

OwnAccounting read_accounting(const Json& document, const std::string& pointer, json::Problems& problems) {
    OwnAccounting accounting;
    json::Reader in(document, pointer, problems);
    each_state([&](const char* name, auto field) {
        history::Counts counts{};
        if (in.name(name, counts)) accounting.*field = counts;
    });
    in.finish();
    return accounting;
}

template <class AnyId>
Json texts_of(const std::vector<AnyId>& ids) {
    Json all = Json::array();
    for (const auto id : ids) all.push_back(id.text());
    return all;
}

template <class AnyId>
std::vector<std::int64_t> numbers_of(const std::vector<GroupDraft>& groups, std::vector<AnyId> ComponentDraft::*field) {
    std::set<std::int64_t> all;
    for (const auto& group : groups) {
        for (const auto& component : group.components) {
            for (const auto id : component.*field) all.insert(id.value());
        }
    }
    return {all.begin(), all.end()};
}

}  // namespace

bool is_slug(std::string_view text, std::size_t longest) {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= longest && plain(text.front()) && plain(text.back()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return plain(c) || c == '-'; });
}

void read_look(json::Reader& in, Look& look) {
    in.text("title", look.title, {.min = 1, .max = 200});
    in.text("description", look.description, {.max = 2'000, .multi_line = true});
    if (in.text("language", look.language) && std::find(kLanguages.begin(), kLanguages.end(), look.language) == kLanguages.end()) {
        in.refuse("language", fmt::format("must be one of {}", fmt::join(kLanguages, ", ")));
    }
    if (in.text("time_zone", look.time_zone, {.min = 1, .max = 64})) {
        if (const auto zone = calendar::Zone::find(look.time_zone); !zone) in.refuse("time_zone", zone.error().message);
    }
    read_checked(in, "logo", look.logo, {.max = 2 * kMostImage}, image_mistake);
    read_checked(in, "favicon", look.favicon, {.max = 2 * kMostImage}, image_mistake);
    if (in.text("accent", look.accent) && !is_colour(look.accent)) in.refuse("accent", "must be a colour such as #2563eb, in small letters");
    read_checked(in, "css", look.css, {.max = html::kMaxCssBytes, .multi_line = true}, css_mistake);
    read_checked(in, "home_url", look.home_url, {.max = kMostUrl}, url_mistake);
    read_checked(in, "support_url", look.support_url, {.max = kMostUrl}, url_mistake);
    in.boolean("indexed", look.indexed);
    in.boolean("shows_uptime", look.shows_uptime);
    in.boolean("shows_history", look.shows_history);
}

void put_look(Json& document, const Look& look) {
    document["title"] = look.title;
    document["description"] = look.description;
    document["language"] = look.language;
    document["time_zone"] = look.time_zone;
    document["logo"] = look.logo;
    document["favicon"] = look.favicon;
    document["accent"] = look.accent;
    document["css"] = look.css;
    document["home_url"] = look.home_url;
    document["support_url"] = look.support_url;
    document["indexed"] = look.indexed;
    document["shows_uptime"] = look.shows_uptime;
    document["shows_history"] = look.shows_history;
}

history::Accounting OwnAccounting::over(const history::Accounting& configured) const {
    return {degraded.value_or(configured.degraded), unknown.value_or(configured.unknown), pending.value_or(configured.pending),
            maintenance.value_or(configured.maintenance), paused.value_or(configured.paused)};
}

std::vector<std::int64_t> PageDraft::monitors() const { return numbers_of(groups, &ComponentDraft::monitors); }
std::vector<std::int64_t> PageDraft::sites() const { return numbers_of(groups, &ComponentDraft::sites); }

PageDraft read_page(const Json& document, const std::string& pointer, json::Problems& problems) {
    PageDraft draft;
    json::Reader in(document, pointer, problems);
    in.require({"slug", "title"});
    if (in.text("slug", draft.slug, {.min = 1, .max = kMostSlug}) && !is_slug(draft.slug, kMostSlug)) {
        in.refuse("slug", "must be small letters, digits and hyphens between them");
    }
    read_checked(in, "domain", draft.host, {.max = 253}, host_mistake);
    read_look(in, draft.look);
    in.name("access", draft.access);
    std::string password;
    if (in.text("password", password, {.min = 1, .max = account::kMaxPassword})) {
        if (const auto mistake = account::password_mistake(password, draft.look.title, {}, kMinPassword)) {
            in.refuse("password", *mistake);
        } else if (draft.access != Access::password) {
            in.refuse("password", "goes with `access` \"password\" alone");
        }
    }
    in.whole("days", draft.days, 1, kMostDays);
    if (const auto* accounting = in.object("accounting")) draft.accounting = read_accounting(*accounting, in.pointer("accounting"), problems);
    read_groups(in, draft.groups, problems);
    if (const auto* channel = in.value("mail_channel_id"); channel != nullptr && !channel->is_null()) {
        if (ChannelId id; in.id("mail_channel_id", id)) draft.mail_channel = id;
    }
    in.boolean("webhook_subscribers", draft.webhook_subscribers);
    controlplane::refuse_read_only(in, {"id", "token", "version", "created_at", "updated_at"});
    in.finish();
    return draft;
}

Json write_page(const PageDraft& draft) {
    Json document;
    document["slug"] = draft.slug;
    document["domain"] = draft.host;
    put_look(document, draft.look);
    document["access"] = name_of(draft.access);
    document["days"] = draft.days;
    document["accounting"] = write_accounting(draft.accounting);
    document["groups"] = write_groups(draft.groups);
    document["mail_channel_id"] = draft.mail_channel ? Json(draft.mail_channel->text()) : Json(nullptr);
    document["webhook_subscribers"] = draft.webhook_subscribers;
    return document;
}

Json write_groups(const std::vector<GroupDraft>& groups) {
    Json all = Json::array();
    for (const auto& group : groups) {
        Json components = Json::array();
        for (const auto& component : group.components) {
            Json regions = Json::object();
            for (const auto& [region, title] : component.latencies) regions[region] = title;
            components.push_back({{"id", component.id}, {"name", component.name}, {"description", component.description}, {"monitors", texts_of(component.monitors)},
                                  {"sites", texts_of(component.sites)}, {"shows_latency", {{"regions", std::move(regions)}}}});
        }
        all.push_back({{"name", group.name}, {"collapsed", group.collapsed}, {"components", std::move(components)}});
    }
    return all;
}

std::vector<GroupDraft> read_groups(const Json& stored) {
    json::Problems ignored;
    const Json document{{"groups", stored}};
    std::vector<GroupDraft> groups;
    json::Reader in(document, "", ignored);
    read_groups(in, groups, ignored);
    return groups;
}

Json write_accounting(const OwnAccounting& accounting) {
    Json document = Json::object();
    each_state([&](const char* name, auto field) {
        if (accounting.*field) document[name] = name_of(*(accounting.*field));
    });
    return document;
}

OwnAccounting read_accounting(const Json& stored) {
    json::Problems ignored;
    return read_accounting(stored, "", ignored);
}

}  // namespace sonde::status_page
