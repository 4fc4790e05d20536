// What people set of escalations, and of reminders: their reading and their documents. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/account/user_id.h"
#include "lib/base/routing_id.h"
#include "lib/json/reader.h"
#include "lib/oncall/id.h"

namespace sonde::controlplane {

struct EscalationStep {
    milliseconds after{0};
    std::vector<ChannelId> channels;
    std::vector<UserId> users;          // by their channels
    std::vector<ScheduleId> schedules;  // whoever is on call then
    friend bool operator==(const EscalationStep&, const EscalationStep&) = default;
};

struct EscalationDraft {
    std::string name;
    std::vector<EscalationStep> steps;
    int repeat_times = 0;
    milliseconds repeat_after{1'800'000};
    friend bool operator==(const EscalationDraft&, const EscalationDraft&) = default;
};

struct RemindersDraft {
    milliseconds every{0};
    int at_most = 10;
    bool while_acknowledged = false;
    friend bool operator==(const RemindersDraft&, const RemindersDraft&) = default;
};

// Whether what it names exists is not asked here.
EscalationDraft read_escalation(const Json& document, const std::string& pointer, json::Problems& problems);
Json write_escalation(const EscalationDraft& draft);

// The fields `escalation_id` and `reminders` of a route or an override; null, or absent, is none.
void read_escalation_id(json::Reader& in, std::optional<EscalationId>& escalation);
void read_reminders(json::Reader& in, std::optional<RemindersDraft>& reminders, json::Problems& problems);
Json write_reminders(const std::optional<RemindersDraft>& reminders);

// As they are stored, and back.
std::optional<std::string> reminders_text(const std::optional<RemindersDraft>& reminders);
std::optional<RemindersDraft> stored_reminders(const Json& document);

}  // namespace sonde::controlplane
