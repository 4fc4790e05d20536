#include "controlplane/api/monitor/site_draft.h"

#include "controlplane/api/endpoint/body.h"
#include "lib/net/url.h"

namespace sonde::controlplane {

SiteDraft read_site_fields(json::Reader& in) {
    SiteDraft draft;
    in.require({"name"});
    in.text("name", draft.name, {.min = 1});
    if (in.text("base_url", draft.base_url, {.max = 2048}) && !draft.base_url.empty()) {
        const auto url = net::parse_url(draft.base_url);
        if (!url) {
            in.refuse("base_url", url.error().message);
        } else if (url->has_userinfo) {
            in.refuse("base_url", "must not contain credentials");
        }
    }
    read_tags(in, draft.tags);
    in.text("owner_note", draft.owner_note, {.max = 2000, .multi_line = true});
    in.boolean("active", draft.active);
    refuse_read_only(in, {"id", "state", "version", "created_at", "updated_at"});
    return draft;
}

SiteDraft read_site(const Json& document, const std::string& pointer, json::Problems& problems) {
    json::Reader in(document, pointer, problems);
    auto draft = read_site_fields(in);
    in.finish();
    return draft;
}

Json write_site(const SiteDraft& draft) {
    Json document;
    document["name"] = draft.name;
    document["base_url"] = draft.base_url;
    document["tags"] = draft.tags;
    document["owner_note"] = draft.owner_note;
    document["active"] = draft.active;
    return document;
}

}  // namespace sonde::controlplane
