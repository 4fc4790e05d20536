#include "controlplane/api/notify/route_draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/id_list.h"
#include "controlplane/api/notify/channel_draft.h"
#include "lib/message/subject.h"

namespace sonde::controlplane {
namespace {

// `wrong` says what is wrong with one, or nothing.
template <class Judge>
void read_words(json::Reader& in, std::string_view field, std::vector<std::string>& words, json::Problems& problems, Judge wrong) {
    if (!in.texts(field, words, kMostOfIdList, {.min = 1, .max = 64})) return;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto at = fmt::format("{}/{}", in.pointer(field), i);
        const auto end = words.begin() + static_cast<std::ptrdiff_t>(i);
        if (const std::string why = wrong(words[i]); !why.empty()) {
            problems.push_back({at, why});
        } else if (std::find(words.begin(), end, words[i]) != end) {
            problems.push_back({at, fmt::format("\"{}\" is there twice", words[i])});
        }
    }
}

void read_match(json::Reader& outer, RouteMatch& match, json::Problems& problems) {
    const auto* document = outer.object("match");
    if (document == nullptr) return;
    json::Reader in(*document, outer.pointer("match"), problems);
    read_words(in, "severities", match.severities, problems, [](const std::string& word) {
        const auto& names = EnumNames<decision::Severity>::names;
        return from_name<decision::Severity>(word) ? std::string{} : fmt::format("must be one of {}", fmt::join(names, ", "));
    });
    read_tags(in, match.tags);
    read_words(in, "events", match.events, problems, [](const std::string& word) {
        const bool known = std::find(kChannelEvents.begin(), kChannelEvents.end(), word) != kChannelEvents.end();
        return known ? std::string{} : fmt::format("must be one of {}", fmt::join(kChannelEvents, ", "));
    });
    read_words(in, "regions", match.regions, problems, [](const std::string& word) {
        return message::subject::is_region_name(word) ? std::string{} : std::string("is not the name of a region");
    });
    read_ids(in, "sites", match.sites, problems);
    in.finish();
}

}  // namespace

RouteDraft read_route(const Json& document, const std::string& pointer, json::Problems& problems) {
    RouteDraft draft;
    json::Reader in(document, pointer, problems);
    in.require({"name", "channels"});
    in.text("name", draft.name, {.min = 1});
    in.whole("position", draft.position, 0, 1'000'000);
    in.boolean("enabled", draft.enabled);
    read_match(in, draft.match, problems);
    read_ids(in, "channels", draft.channels, problems);
    in.boolean("continue", draft.proceed);
    read_escalation_id(in, draft.escalation);
    read_reminders(in, draft.reminders, problems);
    refuse_read_only(in, {"id", "version", "created_at", "updated_at"});
    in.finish();
    return draft;
}

Json write_route(const RouteDraft& draft) {
    Json document;
    document["name"] = draft.name;
    document["position"] = draft.position;
    document["enabled"] = draft.enabled;
    document["match"] = {{"severities", draft.match.severities}, {"tags", draft.match.tags}, {"events", draft.match.events},
                         {"regions", draft.match.regions}, {"sites", texts_of(draft.match.sites)}};
    document["channels"] = texts_of(draft.channels);
    document["continue"] = draft.proceed;
    document["escalation_id"] = draft.escalation ? Json(draft.escalation->text()) : Json(nullptr);
    document["reminders"] = write_reminders(draft.reminders);
    return document;
}

RouteOverrideDraft read_route_override(const Json& document, const std::string& pointer, json::Problems& problems) {
    RouteOverrideDraft draft;
    json::Reader in(document, pointer, problems);
    in.require({"site_id"});
    in.id("site_id", draft.site);
    read_ids(in, "add", draft.added, problems);
    read_ids(in, "mute", draft.muted, problems);
    if (const auto* value = in.value("replace"); value != nullptr && !value->is_null()) read_ids(in, "replace", draft.replaced.emplace(), problems);
    read_escalation_id(in, draft.escalation);
    read_reminders(in, draft.reminders, problems);
    refuse_read_only(in, {"id", "version", "created_at", "updated_at"});
    in.finish();
    return draft;
}

Json write_route_override(const RouteOverrideDraft& draft) {
    Json document;
    document["site_id"] = draft.site.text();
    document["add"] = texts_of(draft.added);
    document["mute"] = texts_of(draft.muted);
    document["replace"] = draft.replaced ? texts_of(*draft.replaced) : Json(nullptr);
    document["escalation_id"] = draft.escalation ? Json(draft.escalation->text()) : Json(nullptr);
    document["reminders"] = write_reminders(draft.reminders);
    return document;
}

}  // namespace sonde::controlplane
