#include "controlplane/api/monitor/group_draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/body.h"

namespace sonde::controlplane {
namespace {

void read_members(json::Reader& in, std::vector<MonitorId>& members) {
    std::vector<std::string> texts;
    if (!in.texts("members", texts, decision::kMostMembers, {.min = 1, .max = 40})) return;
    if (texts.empty()) return in.refuse("members", "must have at least one monitor");
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto id = MonitorId::parse(texts[i]);
        if (!id) return in.refuse("members", fmt::format("has no identifier of a monitor in {}", texts[i]));
        if (std::find(members.begin(), members.end(), *id) != members.end()) return in.refuse("members", fmt::format("has {} twice", texts[i]));
        members.push_back(*id);
    }
}

}  // namespace

GroupDraft read_group(const Json& document, const std::string& pointer, json::Problems& problems) {
    GroupDraft draft;
    json::Reader in(document, pointer, problems);
    in.require({"site_id", "name", "needed", "members"});
    in.id("site_id", draft.site);
    in.text("name", draft.name, {.min = 1});
    const bool needed = in.whole("needed", draft.needed, 1, static_cast<int>(decision::kMostMembers));
    in.name("severity", draft.severity);
    in.boolean("pages", draft.pages);
    in.boolean("quiet_members", draft.quiet_members);
    read_members(in, draft.members);
    if (needed && !draft.members.empty() && draft.needed > static_cast<int>(draft.members.size())) {
        in.refuse("needed", fmt::format("must be at most the number of members, which is {}", draft.members.size()));
    }
    if (draft.quiet_members && !draft.pages) in.refuse("quiet_members", "needs a group that pages: else nobody would hear of an outage");
    refuse_read_only(in, {"id", "state", "since", "counts", "version", "created_at", "updated_at"});
    in.finish();
    return draft;
}

Json write_group(const GroupDraft& draft) {
    Json document;
    document["site_id"] = draft.site.text();
    document["name"] = draft.name;
    document["needed"] = draft.needed;
    document["severity"] = name_of(draft.severity);
    document["pages"] = draft.pages;
    document["quiet_members"] = draft.quiet_members;
    document["members"] = Json::array();
    for (const auto member : draft.members) document["members"].push_back(member.text());
    return document;
}

}  // namespace sonde::controlplane
