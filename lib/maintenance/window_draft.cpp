#include <fmt/format.h>

#include <algorithm>

#include "lib/base/duration.h"
#include "lib/maintenance/window.h"

namespace sonde::maintenance {
namespace {

constexpr int kGapsCompared = 400;

bool read_instant(json::Reader& in, std::string_view field, TimePoint& target) {
    std::string text;
    if (!in.text(field, text, {.min = 1, .max = 40})) return false;
    if (const auto at = from_rfc3339(text)) {
        target = *at;
        return true;
    }
    in.refuse(field, "must be an instant as RFC 3339 has it: 2026-01-31T22:00:00Z");
    return false;
}

template <class AnyId>
void read_ids(json::Reader& in, std::string_view field, std::vector<AnyId>& target) {
    std::vector<std::string> texts;
    in.texts(field, texts, kMostTargets, {.min = 1, .max = 40});
    for (const auto& text : texts) {
        const auto id = AnyId::parse(text);
        if (!id) return in.refuse(field, fmt::format("has no identifier of the right kind in {}", text));
        if (std::find(target.begin(), target.end(), *id) == target.end()) target.push_back(*id);
    }
}

void read_targets(json::Reader& in, Targets& targets, json::Problems& problems) {
    const auto* object = in.object("targets");
    if (object == nullptr) return;
    const auto mistakes = problems.size();
    json::Reader inner(*object, in.pointer("targets"), problems);
    read_ids(inner, "sites", targets.sites);
    read_ids(inner, "monitors", targets.monitors);
    inner.texts("tags", targets.tags, kMostTags, {.min = 1, .max = 64});
    inner.finish();
    std::sort(targets.tags.begin(), targets.tags.end());
    targets.tags.erase(std::unique(targets.tags.begin(), targets.tags.end()), targets.tags.end());
    if (targets.empty() && problems.size() == mistakes) in.refuse("targets", "must name a site, a monitor or a tag");
}

void read_once(json::Reader& in, Draft& draft) {
    in.require({"ends_at"});
    if (in.has("duration_ms")) {
        in.value("duration_ms");
        in.refuse("duration_ms", "is for windows that recur: give ends_at, or an rrule");
    }
    if (in.has("timezone")) in.text("timezone", draft.timezone, {.min = 1, .max = 64});
    TimePoint end;
    if (!read_instant(in, "ends_at", end)) return;
    if (end <= draft.starts_at) return in.refuse("ends_at", "must be after starts_at");
    if (end - draft.starts_at > kLongestOnce) return in.refuse("ends_at", fmt::format("must be at most {} after starts_at", format_duration(kLongestOnce)));
    draft.ends_at = end;
}

// Where clocks are changed, a day has 23 hours: such a difference is no mistake.
bool fits(milliseconds duration, milliseconds gap) { return duration <= gap + (gap >= std::chrono::hours{20} ? milliseconds{3'600'000} : milliseconds{0}); }

void compare_with_gaps(json::Reader& in, const Draft& draft, const calendar::Schedule& schedule) {
    auto start = schedule.next_after(draft.starts_at - milliseconds{1});
    if (!start) return in.refuse("rrule", "never happens after starts_at");
    for (int i = 0; i < kGapsCompared; ++i) {
        const auto next = schedule.next_after(*start);
        if (!next) return;
        if (!fits(draft.duration, *next - *start)) {
            return in.refuse("duration_ms", fmt::format("is longer than the time from one occurrence to the next: {} from {} to {}",
                                                        format_duration(*next - *start), schedule.zone().text(*start), schedule.zone().text(*next)));
        }
        start = next;
    }
}

void read_recurring(json::Reader& in, Draft& draft, json::Problems& problems) {
    in.require({"duration_ms"});
    if (in.has("ends_at")) {
        in.value("ends_at");
        in.refuse("ends_at", "is for windows that are once: a recurring one ends by UNTIL or COUNT of its rrule");
    }
    const auto mistakes = problems.size();
    in.duration_ms("duration_ms", draft.duration, kShortest, kLongestRecurring);
    in.text("timezone", draft.timezone, {.min = 1, .max = 64});
    in.text("rrule", draft.rrule, {.min = 1, .max = 1024, .multi_line = true});
    if (!in.has("starts_at") || problems.size() != mistakes || draft.duration == milliseconds{0}) return;
    const auto zone = calendar::Zone::find(draft.timezone);
    if (!zone) return in.refuse("timezone", zone.error().message);
    const auto schedule = calendar::Schedule::parse(calendar::Kind::rrule, draft.rrule, *zone, draft.starts_at);
    if (!schedule) return in.refuse("rrule", schedule.error().text());
    compare_with_gaps(in, draft, *schedule);
}

}  // namespace

Draft read_draft(const Json& document, const std::string& pointer, json::Problems& problems) {
    Draft draft;
    json::Reader in(document, pointer, problems);
    in.require({"title", "starts_at", "targets"});
    in.text("title", draft.title, {.min = 1});
    in.text("description", draft.description, {.max = 5000, .multi_line = true});
    const bool starts = read_instant(in, "starts_at", draft.starts_at);
    if (in.has("rrule")) {
        if (starts) {
            read_recurring(in, draft, problems);
        } else {
            for (const auto* field : {"rrule", "duration_ms", "timezone"}) in.value(field);
        }
    } else if (starts) {
        read_once(in, draft);
    } else {
        for (const auto* field : {"ends_at", "timezone"}) in.value(field);
    }
    read_targets(in, draft.targets, problems);
    for (const auto* field : {"id", "state", "current", "next", "version", "created_at", "updated_at"}) {
        if (!in.has(field)) continue;
        in.value(field);
        in.refuse(field, "is set by the server and cannot be given");
    }
    in.finish();
    return draft;
}

Json write_targets(const Targets& targets) {
    Json document;
    document["sites"] = Json::array();
    document["monitors"] = Json::array();
    for (const auto id : targets.sites) document["sites"].push_back(id.text());
    for (const auto id : targets.monitors) document["monitors"].push_back(id.text());
    document["tags"] = targets.tags;
    return document;
}

Json write_draft(const Draft& draft) {
    Json document;
    document["title"] = draft.title;
    document["description"] = draft.description;
    document["starts_at"] = to_rfc3339(draft.starts_at);
    if (draft.recurs()) {
        document["rrule"] = draft.rrule;
        document["duration_ms"] = draft.duration.count();
    } else if (draft.ends_at) {
        document["ends_at"] = to_rfc3339(*draft.ends_at);
    }
    document["timezone"] = draft.timezone;
    document["targets"] = write_targets(draft.targets);
    return document;
}

}  // namespace sonde::maintenance
