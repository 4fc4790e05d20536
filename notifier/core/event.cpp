#include "notifier/core/event.h"

namespace sonde::notifier {

EventKind event_kind(std::string_view name) { return from_name<EventKind>(name).value_or(EventKind::other); }

bool explains_silence(EventKind kind) {
    switch (kind) {
        case EventKind::incident_opened:
        case EventKind::incident_updated:
        case EventKind::incident_acknowledged:
        case EventKind::incident_unacknowledged:
        case EventKind::incident_commented:
        case EventKind::incident_resolved:
        case EventKind::advisory_opened:
        case EventKind::advisory_closed:
        case EventKind::coverage_lost:
        case EventKind::coverage_restored:
        case EventKind::incident_severity_changed:
        case EventKind::incident_assigned:
        case EventKind::incident_reopened:
        case EventKind::incident_update_published:
        case EventKind::incident_update_edited:
        case EventKind::incident_update_deleted:
        case EventKind::incident_postmortem_published:
        case EventKind::advisory_changed:
        case EventKind::advisory_acknowledged:
        case EventKind::advisory_muted:
        case EventKind::region_quarantined:
        case EventKind::region_released:
        case EventKind::monitor_flapping_began:
        case EventKind::monitor_flapping_ended:
        case EventKind::maintenance_started:
        case EventKind::maintenance_ended:
        case EventKind::certificate_expiring:
        case EventKind::domain_expiring:
        case EventKind::coverage_missed:
        case EventKind::coverage_resumed:
        case EventKind::drill_failed:
        case EventKind::incident_escalated:
        case EventKind::incident_reminder:
            return true;
        case EventKind::monitor_changed:
        case EventKind::channel_test:
        case EventKind::other:
        case EventKind::group_changed:
        case EventKind::channel_digest:
        case EventKind::delivery_dead:
            return false;
    }
    return false;
}

}  // namespace sonde::notifier
