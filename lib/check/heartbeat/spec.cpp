#include "lib/check/heartbeat/spec.h"

#include "lib/calendar/oncalendar.h"

namespace sonde::check {
namespace {

constexpr milliseconds kShortest{1'000};
constexpr milliseconds kLongest = std::chrono::hours{366 * 24};
constexpr milliseconds kLongestRun = std::chrono::hours{31 * 24};

// `text`: in normal form.
bool names_its_zone(calendar::Kind kind, const std::string& text) {
    if (kind != calendar::Kind::oncalendar) return false;
    const auto parsed = calendar::parse_oncalendar(text);
    return parsed && parsed->zone.has_value();
}

void read_schedule(HeartbeatSpec& spec, json::Reader& in) {
    std::string text;
    std::string zone_name = "UTC";
    const bool zone_given = in.text("time_zone", zone_name, {.min = 1, .max = 64});
    if (!in.text("schedule", text, {.min = 1, .max = 1024})) return;
    const auto zone = calendar::Zone::find(zone_name);
    if (!zone) return in.refuse("time_zone", zone.error().message);
    const auto kind = calendar::kind_of(text);
    if (kind == calendar::Kind::rrule) return in.refuse("schedule", "must be a cron expression or a calendar event of systemd");
    auto schedule = calendar::Schedule::parse(kind, text, *zone);
    if (!schedule) return in.refuse("schedule", schedule.error().text());
    if (!schedule->next_after(TimePoint{})) return in.refuse("schedule", "never happens");
    spec.own_zone = names_its_zone(kind, schedule->text());
    if (spec.own_zone && zone_given) return in.refuse("time_zone", "is named by the schedule already");
    spec.schedule = *std::move(schedule);
}

}  // namespace

void read(HeartbeatSpec& spec, json::Reader& in, json::Problems&) {
    const bool by_schedule = in.has("schedule");
    if (by_schedule) {
        read_schedule(spec, in);
        if (in.value("period_ms") != nullptr) in.refuse("period_ms", "cannot be beside a schedule");
    } else {
        in.require({"period_ms"});
        in.duration_ms("period_ms", spec.period, kShortest, kLongest);
        if (in.value("time_zone") != nullptr) in.refuse("time_zone", "goes with a schedule only");
    }
    in.duration_ms("grace_ms", spec.grace, kShortest, kLongest);
    in.duration_ms("max_run_ms", spec.max_run, kShortest, kLongestRun);
}

// A maximum that is not there is not written: it is none.
Json write(const HeartbeatSpec& spec) {
    Json document = Json::object();
    if (spec.schedule) {
        document["schedule"] = spec.schedule->text();
        if (!spec.own_zone) document["time_zone"] = spec.schedule->zone().name();
    } else {
        document["period_ms"] = spec.period.count();
    }
    document["grace_ms"] = spec.grace.count();
    if (spec.max_run > milliseconds{0}) document["max_run_ms"] = spec.max_run.count();
    return document;
}

Endpoint endpoint(const HeartbeatSpec&) { return {}; }

}  // namespace sonde::check
