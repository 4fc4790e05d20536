// What the notifier knows of an event before it decides who hears of it.
#pragma once

#include <string_view>

#include "lib/base/enum_name.h"
#include "lib/base/id.h"

namespace sonde::notifier {

// schema/messages/event.schema.json. `other` is a kind that a newer writer knows: delivered to whoever subscribed to its name.
enum class EventKind : unsigned char {
    incident_opened,
    incident_updated,
    incident_acknowledged,
    incident_unacknowledged,
    incident_commented,
    incident_resolved,
    advisory_opened,
    advisory_closed,
    monitor_changed,
    coverage_lost,
    coverage_restored,
    channel_test,
    advisory_changed,
    advisory_acknowledged,
    advisory_muted,
    region_quarantined,
    region_released,
    monitor_flapping_began,
    monitor_flapping_ended,
    other,
    incident_severity_changed,
    incident_assigned,
    incident_reopened,
    incident_update_published,
    incident_update_edited,
    incident_update_deleted,
    incident_postmortem_published,
    maintenance_started,
    maintenance_ended,
    group_changed,
    certificate_expiring,
    domain_expiring,
    coverage_missed,
    coverage_resumed,
    drill_failed,
    channel_digest,
    delivery_dead,
    incident_escalated,
    incident_reminder,
};

// From the text of outbox.kind.
EventKind event_kind(std::string_view name);

// True for events that are news to people: of these the ledger keeps why a channel was not told. Changes of single monitors
// are many and for machines; of them it keeps the deliveries only.
bool explains_silence(EventKind kind);

}  // namespace sonde::notifier

template <>
struct sonde::EnumNames<sonde::notifier::EventKind> {
    static constexpr std::array<std::string_view, 39> names{
        "incident.opened",
        "incident.updated",
        "incident.acknowledged",
        "incident.unacknowledged",
        "incident.commented",
        "incident.resolved",
        "advisory.opened",
        "advisory.closed",
        "monitor.changed",
        "coverage.lost",
        "coverage.restored",
        "channel.test",
        "advisory.changed",
        "advisory.acknowledged",
        "advisory.muted",
        "region.quarantined",
        "region.released",
        "monitor.flapping_began",
        "monitor.flapping_ended",
        "other",
        "incident.severity_changed",
        "incident.assigned",
        "incident.reopened",
        "incident.update_published",
        "incident.update_edited",
        "incident.update_deleted",
        "incident.postmortem_published",
        "maintenance.started",
        "maintenance.ended",
        "group.changed",
        "certificate.expiring",
        "domain.expiring",
        "coverage.missed",
        "coverage.resumed",
        "drill.failed",
        "channel.digest",
        "delivery.dead",
        "incident.escalated",
        "incident.reminder",
    };
};
