#include "controlplane/api/notify/drill_draft.h"

#include "controlplane/api/endpoint/body.h"
#include "lib/calendar/schedule.h"

namespace sonde::controlplane {
namespace {

constexpr milliseconds kShortest{30'000};
constexpr milliseconds kLongest{3'600'000};

void read_schedule(json::Reader& in, DrillDraft& draft) {
    const bool zone_given = in.text("time_zone", draft.time_zone, {.min = 1, .max = 64});
    if (!in.text("schedule", draft.schedule, {.min = 1, .max = 1024})) return;
    const auto zone = calendar::Zone::find(draft.time_zone);
    if (!zone) return in.refuse("time_zone", zone.error().message);
    const auto kind = calendar::kind_of(draft.schedule);
    if (kind == calendar::Kind::rrule) return in.refuse("schedule", "must be a cron expression or a calendar event of systemd");
    const auto schedule = calendar::Schedule::parse(kind, draft.schedule, *zone);
    if (!schedule) return in.refuse("schedule", schedule.error().text());
    if (!schedule->next_after(TimePoint{})) return in.refuse("schedule", "never happens");
    if (schedule->zone().name() == zone->name()) return;
    if (zone_given) return in.refuse("time_zone", "is named by the schedule already");
    draft.time_zone = schedule->zone().name();
}

}  // namespace

DrillDraft read_drill(const Json& document, const std::string& pointer, json::Problems& problems) {
    DrillDraft draft;
    json::Reader in(document, pointer, problems);
    in.require({"name", "monitor_id", "channel_id", "schedule"});
    in.text("name", draft.name, {.min = 1});
    in.id("monitor_id", draft.monitor);
    in.id("channel_id", draft.channel);
    read_schedule(in, draft);
    in.duration_ms("within_ms", draft.within, kShortest, kLongest);
    in.boolean("enabled", draft.enabled);
    refuse_read_only(in, {"id", "next_at", "last_run", "version", "created_at", "updated_at"});
    in.finish();
    return draft;
}

Json write_drill(const DrillDraft& draft) {
    return {{"name", draft.name},         {"monitor_id", draft.monitor.text()}, {"channel_id", draft.channel.text()}, {"schedule", draft.schedule},
            {"time_zone", draft.time_zone}, {"within_ms", draft.within.count()},  {"enabled", draft.enabled}};
}

}  // namespace sonde::controlplane
