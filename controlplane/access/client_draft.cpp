#include "controlplane/access/client_draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/access/role_draft.h"
#include "controlplane/api/endpoint/body.h"

namespace sonde::controlplane {
namespace {

constexpr std::size_t kMostSites = 1000;

// What is shown as null may be given so.
bool is_given(json::Reader& in, std::string_view field) {
    const auto* value = in.value(field);
    return value != nullptr && !value->is_null();
}

Restriction read_restriction(const Json& document, const std::string& pointer, json::Problems& problems) {
    Restriction restriction;
    json::Reader in(document, pointer, problems);
    std::vector<std::string> sites;
    in.texts("sites", sites, kMostSites, {.min = 1, .max = 40});
    for (std::size_t i = 0; i < sites.size(); ++i) {
        const auto at = fmt::format("{}/sites/{}", pointer, i);
        const auto id = SiteId::parse(sites[i]);
        if (!id) problems.push_back({at, "is no identifier of a site"});
        else if (std::find(restriction.sites.begin(), restriction.sites.end(), *id) != restriction.sites.end()) problems.push_back({at, "is there twice"});
        else restriction.sites.push_back(*id);
    }
    read_tags(in, restriction.tags);
    in.finish();
    if (sites.empty() && restriction.tags.empty()) problems.push_back({pointer, "must name a site or a tag; without a restriction it is null"});
    return restriction;
}

Json write(const Restriction& restriction) {
    Json document{{"sites", Json::array()}, {"tags", restriction.tags}};
    for (const auto site : restriction.sites) document["sites"].push_back(site.text());
    return document;
}

}  // namespace

ClientDraft read_client(const Json& document, json::Problems& problems) {
    ClientDraft draft;
    json::Reader in(document, "", problems);
    in.require({"name", "role"});
    in.text("name", draft.name, {.min = 1, .max = 100});
    in.text("role", draft.role, {.min = 1, .max = 32});
    if (is_given(in, "scopes")) draft.scopes = read_permissions(in, "scopes", problems);
    if (is_given(in, "restriction")) {
        if (const auto* restriction = in.object("restriction")) draft.restriction = read_restriction(*restriction, "/restriction", problems);
    }
    if (std::string text; is_given(in, "expires_at") && in.text("expires_at", text, {.min = 1, .max = 40})) {
        draft.expires_at = from_rfc3339(text);
        if (!draft.expires_at) in.refuse("expires_at", "must be an RFC 3339 date-time, like 2026-01-31T23:59:59Z, or null");
    }
    refuse_read_only(in, {"id", "permissions", "secrets", "secret", "last_used_at", "revoked_at", "created_by", "version", "created_at", "updated_at"});
    in.finish();
    return draft;
}

Json write_client(const ClientDraft& draft) {
    Json document;
    document["name"] = draft.name;
    document["role"] = draft.role;
    document["scopes"] = draft.scopes ? write_permissions(*draft.scopes) : Json(nullptr);
    document["restriction"] = draft.restriction ? write(*draft.restriction) : Json(nullptr);
    document["expires_at"] = draft.expires_at ? Json(to_rfc3339(*draft.expires_at)) : Json(nullptr);
    return document;
}

}  // namespace sonde::controlplane
