#include "controlplane/api/notify/schedule_draft.h"

#include "controlplane/api/endpoint/body.h"
#include "lib/oncall/draft.h"

namespace sonde::controlplane {
namespace {

constexpr std::chrono::days kLongestOverride{366};

bool read_moment(json::Reader& in, std::string_view field, TimePoint& target) {
    std::string text;
    if (!in.text(field, text, {.min = 1, .max = 40})) return false;
    const auto at = from_rfc3339(text);
    if (at) target = *at;
    else in.refuse(field, "must be an instant as RFC 3339 has it: 2026-01-31T22:00:00Z");
    return at.has_value();
}

}  // namespace

ScheduleDraft read_schedule(const Json& document, const std::string& pointer, json::Problems& problems) {
    ScheduleDraft draft;
    json::Reader in(document, pointer, problems);
    in.require({"name"});
    in.text("name", draft.name, {.min = 1});
    if (in.text("time_zone", draft.time_zone, {.min = 1, .max = 64})) {
        if (const auto zone = calendar::Zone::find(draft.time_zone); !zone) in.refuse("time_zone", zone.error().message);
    }
    if (const auto* layers = in.array("layers", oncall::kMostLayers)) draft.layers = oncall::read_layers(*layers, in.pointer("layers"), problems);
    refuse_read_only(in, {"id", "version", "created_at", "updated_at"});
    in.finish();
    return draft;
}

Json write_schedule(const ScheduleDraft& draft) {
    return {{"name", draft.name}, {"time_zone", draft.time_zone}, {"layers", oncall::write_layers(draft.layers)}};
}

ScheduleOverrideDraft read_schedule_override(const Json& document, const std::string& pointer, json::Problems& problems) {
    ScheduleOverrideDraft draft;
    json::Reader in(document, pointer, problems);
    in.require({"user_id", "from", "to"});
    in.id("user_id", draft.user);
    const bool begins = read_moment(in, "from", draft.from);
    if (read_moment(in, "to", draft.to) && begins) {
        if (draft.to <= draft.from) in.refuse("to", "must be after from");
        else if (draft.to - draft.from > kLongestOverride) in.refuse("to", "must be at most 366 days after from");
    }
    refuse_read_only(in, {"id", "schedule_id", "version", "created_at", "updated_at"});
    in.finish();
    return draft;
}

Json write_schedule_override(const ScheduleOverrideDraft& draft) {
    return {{"user_id", draft.user.text()}, {"from", to_rfc3339(draft.from)}, {"to", to_rfc3339(draft.to)}};
}

}  // namespace sonde::controlplane
