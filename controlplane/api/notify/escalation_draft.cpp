#include "controlplane/api/notify/escalation_draft.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/id_list.h"

namespace sonde::controlplane {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostSteps = 20;
constexpr milliseconds kLongestStep = 7 * 24h;

EscalationStep read_step(const Json& document, const std::string& pointer, json::Problems& problems) {
    EscalationStep step;
    json::Reader in(document, pointer, problems);
    in.require({"after_ms"});
    in.duration_ms("after_ms", step.after, 0ms, kLongestStep);
    read_ids(in, "channels", step.channels, problems);
    read_ids(in, "users", step.users, problems);
    read_ids(in, "schedules", step.schedules, problems);
    in.finish();
    return step;
}

}  // namespace

EscalationDraft read_escalation(const Json& document, const std::string& pointer, json::Problems& problems) {
    EscalationDraft draft;
    json::Reader in(document, pointer, problems);
    in.require({"name", "steps"});
    in.text("name", draft.name, {.min = 1});
    if (const auto* steps = in.array("steps", kMostSteps)) {
        if (steps->empty()) in.refuse("steps", "must have one at least");
        for (std::size_t i = 0; i < steps->size(); ++i) draft.steps.push_back(read_step((*steps)[i], fmt::format("{}/{}", in.pointer("steps"), i), problems));
    }
    if (const auto* repeat = in.object("repeat")) {
        json::Reader inner(*repeat, in.pointer("repeat"), problems);
        inner.whole("times", draft.repeat_times, 0, 10);
        inner.duration_ms("after_ms", draft.repeat_after, 1s, kLongestStep);
        inner.finish();
    }
    refuse_read_only(in, {"id", "version", "created_at", "updated_at"});
    in.finish();
    return draft;
}

Json write_escalation(const EscalationDraft& draft) {
    Json steps = Json::array();
    for (const auto& step : draft.steps) {
        steps.push_back({{"after_ms", step.after.count()}, {"channels", texts_of(step.channels)}, {"users", texts_of(step.users)}, {"schedules", texts_of(step.schedules)}});
    }
    return {{"name", draft.name}, {"steps", std::move(steps)}, {"repeat", {{"times", draft.repeat_times}, {"after_ms", draft.repeat_after.count()}}}};
}

void read_escalation_id(json::Reader& in, std::optional<EscalationId>& escalation) {
    const auto* value = in.value("escalation_id");
    if (value == nullptr || value->is_null()) return;
    EscalationId id;
    if (in.id("escalation_id", id)) escalation = id;
}

void read_reminders(json::Reader& outer, std::optional<RemindersDraft>& reminders, json::Problems& problems) {
    const auto* value = outer.value("reminders");
    if (value == nullptr || value->is_null()) return;
    const auto* document = outer.object("reminders");
    if (document == nullptr) return;
    auto& draft = reminders.emplace();
    json::Reader in(*document, outer.pointer("reminders"), problems);
    in.require({"every_ms"});
    in.duration_ms("every_ms", draft.every, 10s, kLongestStep);
    in.whole("at_most", draft.at_most, 1, 100);
    in.boolean("while_acknowledged", draft.while_acknowledged);
    in.finish();
}

Json write_reminders(const std::optional<RemindersDraft>& reminders) {
    if (!reminders) return nullptr;
    return Json{{"every_ms", reminders->every.count()}, {"at_most", reminders->at_most}, {"while_acknowledged", reminders->while_acknowledged}};
}

std::optional<std::string> reminders_text(const std::optional<RemindersDraft>& reminders) {
    return reminders ? std::optional(json::dump(write_reminders(reminders))) : std::nullopt;
}

std::optional<RemindersDraft> stored_reminders(const Json& document) {
    if (!document.is_object()) return std::nullopt;
    return RemindersDraft{milliseconds{document.at("every_ms").get<std::int64_t>()}, document.at("at_most").get<int>(), document.at("while_acknowledged").get<bool>()};
}

}  // namespace sonde::controlplane
