#include "controlplane/access/role_draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/body.h"

namespace sonde::controlplane {

bool is_role_name(std::string_view name) {
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    return !name.empty() && name.size() <= 32 && is_letter(name.front()) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

Permissions read_permissions(json::Reader& in, std::string_view field, json::Problems& problems) {
    Permissions all;
    std::vector<std::string> keys;
    if (!in.texts(field, keys, 64, {.min = 1, .max = 64})) return all;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto at = fmt::format("{}/{}", in.pointer(field), i);
        const auto permission = from_name<Permission>(keys[i]);
        if (!permission) problems.push_back({at, fmt::format("\"{}\" is no permission; GET /v1/permissions lists them", keys[i])});
        else if (all.has(*permission)) problems.push_back({at, fmt::format("\"{}\" is there twice", keys[i])});
        else all = all.with({*permission});
    }
    return all;
}

Json write_permissions(Permissions permissions) { return keys_of(permissions); }

RoleDraft read_role(const Json& document, json::Problems& problems) {
    RoleDraft draft;
    json::Reader in(document, "", problems);
    in.require({"name", "permissions"});
    if (in.text("name", draft.name, {.min = 1, .max = 32})) {
        if (!is_role_name(draft.name)) in.refuse("name", "must be lower-case letters, digits, `-` and `_`, beginning with a letter");
        else if (from_name<Role>(draft.name)) in.refuse("name", "is the name of a role that is built in");
    }
    in.text("title", draft.title);
    draft.permissions = read_permissions(in, "permissions", problems);
    refuse_read_only(in, {"built_in", "version", "created_at", "updated_at"});
    in.finish();
    return draft;
}

Json write_role(const RoleDraft& draft) {
    return {{"name", draft.name}, {"title", draft.title}, {"permissions", write_permissions(draft.permissions)}};
}

std::string_view describe(Permission permission) {
    switch (permission) {
        case Permission::sites_read: return "See sites, their uptime and their reports.";
        case Permission::sites_write: return "Create, change and delete sites, and monitors with them.";
        case Permission::monitors_read: return "See monitors, groups and dependencies, their results, roll-ups, evidence and decisions; replay policies.";
        case Permission::monitors_write: return "Create, change and delete monitors, groups and dependencies; see and rotate ping tokens.";
        case Permission::monitors_pause: return "Pause and resume monitors.";
        case Permission::monitors_run: return "Run checks now, those of monitors and others.";
        case Permission::maintenance_read: return "See maintenance windows.";
        case Permission::maintenance_write: return "Create, change, end, extend and delete maintenance windows.";
        case Permission::incidents_read: return "See incidents, advisories and suppressions, and why they are.";
        case Permission::incidents_write: return "Open, acknowledge, assign, comment and resolve incidents, and write of them in public.";
        case Permission::incidents_moderate: return "Change and delete what others wrote in public.";
        case Permission::regions_read: return "See regions and agents.";
        case Permission::regions_write: return "Create, change and delete regions; let agents join, rename and revoke them.";
        case Permission::regions_vote: return "Say what a region's votes are worth; quarantine and release regions.";
        case Permission::channels_read: return "See channels, without their secrets, and deliveries.";
        case Permission::channels_write: return "Create, change and delete channels.";
        case Permission::events_read: return "Listen to events.";
        case Permission::access_read: return "See users, roles and API clients, without their secrets.";
        case Permission::access_write: return "Create, change and delete users, roles and API clients, up to what one may do oneself.";
        case Permission::audit_read: return "Read who did what.";
        case Permission::files_read: return "Export everything there is as files.";
        case Permission::files_write: return "Apply files: create, change and delete whatever files have.";
        case Permission::account_own: return "Log in: see and end one's own sessions, change one's own password and second factor.";
        case Permission::pages_read: return "See the settings of status pages.";
        case Permission::pages_write: return "Create, change and delete status pages: what the public is shown.";
        case Permission::pages_subscribers: return "See the addresses of those who subscribed to status pages, and erase them.";
        case Permission::settings_read: return "See the settings of the whole installation.";
        case Permission::settings_write: return "Change the settings of the whole installation, as how long results are kept.";
    }
    return "";
}

}  // namespace sonde::controlplane
