#include "controlplane/api/apply/kind.h"

#include <algorithm>

#include "controlplane/api/apply/fields.h"
#include "controlplane/api/monitor/dependency_draft.h"
#include "controlplane/api/monitor/group_draft.h"
#include "controlplane/api/monitor/monitor_draft.h"
#include "controlplane/api/monitor/site_draft.h"
#include "controlplane/api/notify/channel_draft.h"
#include "controlplane/api/notify/drill_draft.h"
#include "controlplane/api/notify/escalation_draft.h"
#include "controlplane/api/notify/route_draft.h"
#include "controlplane/api/notify/schedule_draft.h"
#include "controlplane/api/region/region.h"
#include "controlplane/status_page/draft.h"
#include "lib/base/drill_id.h"
#include "lib/base/relation_id.h"
#include "lib/base/status_page_id.h"
#include "lib/maintenance/window.h"
#include "lib/message/subject.h"
#include "lib/oncall/id.h"

namespace sonde::controlplane::apply_api {
namespace {

struct Row {
    Kind kind;
    std::string_view path;
    std::vector<std::string> required;
    std::vector<std::string> settable;
};

const Row& row_of(Kind kind) {
    static const std::array<Row, 14> rows{
        Row{Kind::region, "/v1/regions", {"name"}, {"name", "title", "failure_domain", "anchors"}},
        Row{Kind::site, "/v1/sites", {"name"}, {"name", "base_url", "tags", "owner_note", "active"}},
        Row{Kind::monitor, "/v1/monitors", {"site_id", "kind", "name", "spec"},
            {"site_id", "kind", "name", "spec", "interval_ms", "timeout_ms", "regions", "placement", "severity", "tags", "enabled", "paused", "policy"}},
        Row{Kind::group, "/v1/groups", {"site_id", "name", "needed", "members"},
            {"site_id", "name", "needed", "severity", "pages", "quiet_members", "members"}},
        Row{Kind::dependency, "/v1/dependencies", {"child", "parent"}, {"child", "parent", "note"}},
        Row{Kind::maintenance, "/v1/maintenance", {"title", "starts_at", "ends_at", "rrule", "duration_ms", "targets"},
            {"title", "description", "starts_at", "ends_at", "rrule", "duration_ms", "timezone", "targets"}},
        Row{Kind::channel, "/v1/channels", {"kind", "name", "config"}, {"kind", "name", "config", "events", "enabled", "digest", "rate", "quiet_hours", "templates", "fallback_channel_id"}},
        Row{Kind::schedule, "/v1/schedules", {"name"}, {"name", "time_zone", "layers"}},
        Row{Kind::schedule_override, "/v1/schedules/{schedule_id}/overrides", {"schedule_id", "user_id", "from", "to"}, {"schedule_id", "user_id", "from", "to"}},
        Row{Kind::escalation, "/v1/escalations", {"name", "steps"}, {"name", "steps", "repeat"}},
        Row{Kind::route, "/v1/routes", {"name", "channels"}, {"name", "position", "enabled", "match", "channels", "continue", "escalation_id", "reminders"}},
        Row{Kind::route_override, "/v1/route-overrides", {"site_id"}, {"site_id", "add", "mute", "replace", "escalation_id", "reminders"}},
        Row{Kind::status_page, "/v1/status-pages", {"slug", "title"},
            {"slug", "domain", "title", "description", "language", "time_zone", "logo", "favicon", "accent", "css", "home_url", "support_url", "indexed", "shows_uptime", "shows_history",
             "access", "days", "accounting", "groups", "mail_channel_id", "webhook_subscribers"}},
        Row{Kind::drill, "/v1/drills", {"name", "monitor_id", "channel_id", "schedule"}, {"name", "monitor_id", "channel_id", "schedule", "time_zone", "within_ms", "enabled"}},
    };
    return rows.at(static_cast<std::size_t>(kind));
}

bool is_word(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= 64 && letter(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_any_identifier(std::string_view text) {
    return std::any_of(kKinds.begin(), kKinds.end(), [&](Kind kind) { return kind != Kind::region && is_identifier(kind, text); });
}

Json pick(const Json& document, const std::vector<std::string>& names) {
    Json picked = Json::object();
    for (const auto& name : names) {
        if (const auto found = document.find(name); found != document.end()) picked[name] = *found;
    }
    return picked;
}

// Of a monitor's spec what differs from its defaults; all of it where it names secrets, without which it need not be a spec.
Json brief_spec(const Json& document) {
    const auto kind = from_name<check::Kind>(document["kind"].get<std::string>());
    const auto spec = kind ? check::read_spec(*kind, document["spec"], "") : Result<check::Spec, json::Problems>(json::Problems{});
    return spec ? check::write_brief_spec(*spec) : document["spec"];
}

// Files have the password among their secrets, which is where a mistake in it is.
Json canonical_page(const Json& document, const std::string& pointer, json::Problems& problems) {
    auto page = document;
    if (page.contains("password")) problems.push_back({pointer + "/password", "stands below `secrets`"});
    page.erase("password");
    if (page.contains("secrets")) {
        // Taken out first: what is put into a document moves what it has.
        const Json secrets = std::move(page["secrets"]);
        page.erase("secrets");
        for (const auto& [name, value] : secrets.items()) {
            const auto at = pointer + "/secrets/" + json::escape_pointer(name);
            if (name != "password") {
                problems.push_back({at, "is no secret of a status page: it has a `password` alone"});
            } else if (!value.is_null()) {
                page["password"] = value;
            }
        }
    }
    json::Problems found;
    const auto draft = status_page::read_page(page, pointer, found);
    for (auto& problem : found) {
        if (problem.pointer == pointer + "/password") problem.pointer = pointer + "/secrets/password";
        problems.push_back(std::move(problem));
    }
    return status_page::write_page(draft);
}

// The schedule is part of what the API's path says.
Json canonical_override(const Json& document, const std::string& pointer, json::Problems& problems) {
    auto rest = document;
    Json head = Json::object();
    if (const auto found = rest.find("schedule_id"); found != rest.end()) {
        const Json named = *found;
        head["schedule_id"] = named;
        rest.erase("schedule_id");
    }
    ScheduleId schedule;
    json::Reader in(head, pointer, problems);
    in.require({"schedule_id"});
    in.id("schedule_id", schedule);
    in.finish();
    Json written{{"schedule_id", schedule.text()}};
    written.update(write_schedule_override(read_schedule_override(rest, pointer, problems)));
    return written;
}

void take_over(Json& brief, const Json& canonical, const Json& document) {
    for (const auto& change : differences(canonical, document)) {
        if (!change.after.is_null()) brief[Json::json_pointer(change.field)] = change.after;
    }
}

}  // namespace

std::string_view key_field(Kind kind) { return kind == Kind::region ? "name" : kind == Kind::status_page ? "slug" : ""; }

bool is_key(Kind kind, std::string_view key) {
    if (kind == Kind::region) return message::subject::is_region_name(key);
    if (is_any_identifier(key)) return false;
    if (kind == Kind::status_page) return status_page::is_slug(key, status_page::kMostSlug);
    if (kind != Kind::monitor) return is_word(key);
    const auto slash = key.find('/');
    return slash != std::string_view::npos && is_word(key.substr(0, slash)) && is_word(key.substr(slash + 1));
}

bool is_identifier(Kind kind, std::string_view text) {
    switch (kind) {
        case Kind::region: return message::subject::is_region_name(text);
        case Kind::site: return SiteId::parse(text).has_value();
        case Kind::monitor: return MonitorId::parse(text).has_value();
        case Kind::group: return GroupId::parse(text).has_value();
        case Kind::dependency: return DependencyId::parse(text).has_value();
        case Kind::maintenance: return WindowId::parse(text).has_value();
        case Kind::channel: return ChannelId::parse(text).has_value();
        case Kind::schedule: return ScheduleId::parse(text).has_value();
        case Kind::schedule_override: return ScheduleOverrideId::parse(text).has_value();
        case Kind::escalation: return EscalationId::parse(text).has_value();
        case Kind::route: return RouteId::parse(text).has_value();
        case Kind::route_override: return RouteOverrideId::parse(text).has_value();
        case Kind::status_page: return StatusPageId::parse(text).has_value();
        case Kind::drill: return DrillId::parse(text).has_value();
    }
    return false;
}

std::string_view path_of(Kind kind) { return row_of(kind).path; }

Json settable(Kind kind, const Json& shown) { return pick(shown, row_of(kind).settable); }

const std::vector<std::string>& required_fields(Kind kind) { return row_of(kind).required; }

Json canonical(Kind kind, const Json& document, const std::string& pointer, json::Problems& problems, const check::Secrets& secrets) {
    switch (kind) {
        case Kind::region: return write_region(read_region(document, pointer, problems));
        case Kind::site: return write_site(read_site(document, pointer, problems));
        case Kind::monitor:
            return write_monitor(read_monitor(document, pointer, SiteField::required, problems, {SecretsField::whole, secrets}));
        case Kind::group: return write_group(read_group(document, pointer, problems));
        case Kind::dependency: return write_dependency(read_dependency(document, pointer, problems));
        case Kind::maintenance: return maintenance::write_draft(maintenance::read_draft(document, pointer, problems));
        case Kind::channel: return write_channel(read_channel(document, pointer, problems).draft);
        case Kind::schedule: return write_schedule(read_schedule(document, pointer, problems));
        case Kind::schedule_override: return canonical_override(document, pointer, problems);
        case Kind::escalation: return write_escalation(read_escalation(document, pointer, problems));
        case Kind::route: return write_route(read_route(document, pointer, problems));
        case Kind::route_override: return write_route_override(read_route_override(document, pointer, problems));
        case Kind::status_page: return canonical_page(document, pointer, problems);
        case Kind::drill: return write_drill(read_drill(document, pointer, problems));
    }
    return {};
}

bool is_over(Kind kind, const Json& document, TimePoint now) {
    if (kind != Kind::schedule_override) return false;
    const auto end = document.find("to");
    const auto at = end != document.end() && end->is_string() ? from_rfc3339(end->get_ref<const std::string&>()) : std::nullopt;
    return at && *at <= now;
}

Json brief(Kind kind, const Json& document, const check::Secrets& secrets) {
    auto said = pick(document, row_of(kind).required);
    if (kind == Kind::monitor) said["spec"] = brief_spec(document);
    // Defaults of some fields follow from others: what is left out by the first look and is not the same by the second is said after all.
    for (int look = 0; look < 2; ++look) {
        json::Problems problems;
        const auto now = canonical(kind, said, "", problems, secrets);
        if (!problems.empty()) return document;
        take_over(said, now, document);
    }
    return said;
}

}  // namespace sonde::controlplane::apply_api
