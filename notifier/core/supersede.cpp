#include "notifier/core/supersede.h"

#include <algorithm>

namespace sonde::notifier {

std::optional<Reason> supersede(EventKind kind, const std::vector<EventKind>& later) {
    const auto came = [&later](EventKind one) { return std::find(later.begin(), later.end(), one) != later.end(); };
    switch (kind) {
        case EventKind::incident_opened:
        case EventKind::incident_reopened:
        case EventKind::incident_commented:
            if (came(EventKind::incident_resolved)) return Reason::resolved_since;
            return std::nullopt;
        case EventKind::incident_updated:
            if (came(EventKind::incident_resolved)) return Reason::resolved_since;
            if (came(EventKind::incident_updated)) return Reason::updated_since;
            return std::nullopt;
        case EventKind::incident_acknowledged:
        case EventKind::incident_unacknowledged:
            if (came(EventKind::incident_resolved)) return Reason::resolved_since;
            if (came(EventKind::incident_acknowledged) || came(EventKind::incident_unacknowledged)) {
                return Reason::acknowledgement_changed_since;
            }
            return std::nullopt;
        case EventKind::incident_severity_changed:
            if (came(EventKind::incident_resolved)) return Reason::resolved_since;
            if (came(EventKind::incident_severity_changed)) return Reason::updated_since;
            return std::nullopt;
        case EventKind::incident_assigned:
            if (came(EventKind::incident_resolved)) return Reason::resolved_since;
            if (came(EventKind::incident_assigned)) return Reason::updated_since;
            return std::nullopt;
        case EventKind::incident_escalated:
            if (came(EventKind::incident_resolved)) return Reason::resolved_since;
            if (came(EventKind::incident_acknowledged)) return Reason::acknowledgement_changed_since;
            if (came(EventKind::incident_escalated)) return Reason::updated_since;
            return std::nullopt;
        case EventKind::incident_reminder:
            if (came(EventKind::incident_resolved)) return Reason::resolved_since;
            if (came(EventKind::incident_acknowledged)) return Reason::acknowledgement_changed_since;
            if (came(EventKind::incident_reminder)) return Reason::updated_since;
            return std::nullopt;
        case EventKind::advisory_changed:
            if (came(EventKind::advisory_closed)) return Reason::closed_since;
            if (came(EventKind::advisory_changed)) return Reason::updated_since;
            return std::nullopt;
        case EventKind::region_quarantined:
        case EventKind::region_released:
            if (came(EventKind::region_quarantined) || came(EventKind::region_released)) return Reason::updated_since;
            return std::nullopt;
        case EventKind::monitor_flapping_began:
        case EventKind::monitor_flapping_ended:
            if (came(EventKind::monitor_flapping_began) || came(EventKind::monitor_flapping_ended)) return Reason::updated_since;
            return std::nullopt;
        case EventKind::advisory_acknowledged:
        case EventKind::advisory_muted:
        case EventKind::advisory_opened:
            if (came(EventKind::advisory_closed)) return Reason::closed_since;
            return std::nullopt;
        case EventKind::coverage_lost:
        case EventKind::coverage_restored:
            if (came(EventKind::coverage_lost) || came(EventKind::coverage_restored)) return Reason::coverage_changed_since;
            return std::nullopt;
        case EventKind::coverage_missed:
        case EventKind::coverage_resumed:
            if (came(EventKind::coverage_missed) || came(EventKind::coverage_resumed)) return Reason::coverage_changed_since;
            return std::nullopt;
        case EventKind::monitor_changed:
            if (came(EventKind::monitor_changed)) return Reason::monitor_changed_since;
            return std::nullopt;
        case EventKind::channel_digest:
            if (came(EventKind::channel_digest)) return Reason::updated_since;
            return std::nullopt;
        case EventKind::group_changed:
            if (came(EventKind::group_changed)) return Reason::group_changed_since;
            return std::nullopt;
        case EventKind::maintenance_started:
            if (came(EventKind::maintenance_ended)) return Reason::maintenance_ended_since;
            return std::nullopt;
        case EventKind::maintenance_ended:
        case EventKind::incident_resolved:
        case EventKind::advisory_closed:
        case EventKind::channel_test:
        case EventKind::delivery_dead:
        case EventKind::other:
        // Another threshold may be one of another certificate.
        case EventKind::certificate_expiring:
        case EventKind::domain_expiring:
        case EventKind::drill_failed:
        // What the public is told stays, each in its turn.
        case EventKind::incident_update_published:
        case EventKind::incident_update_edited:
        case EventKind::incident_update_deleted:
        case EventKind::incident_postmortem_published:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace sonde::notifier
