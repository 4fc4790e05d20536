#include "controlplane/access/reach.h"

namespace sonde::controlplane {

bool is_about_sites(const Endpoint& endpoint) {
    // Sums over all monitors; and where agents run and what they have to do.
    if (endpoint.pattern == "/v1/ledger" || endpoint.pattern == "/v1/overview" || endpoint.pattern.starts_with("/v1/agents")) return false;
    // No default: a new permission has to be decided on.
    switch (endpoint.permission) {
        case Permission::sites_read:
        case Permission::sites_write:
        case Permission::monitors_read:
        case Permission::monitors_write:
        case Permission::monitors_pause:
        case Permission::monitors_run:
        case Permission::maintenance_read:
        case Permission::maintenance_write:
        case Permission::incidents_read:
        case Permission::incidents_write:
        case Permission::incidents_moderate:
        case Permission::regions_read:
        case Permission::events_read: return true;
        // What a region's vote is worth to one monitor or site, yes; to all, no.
        case Permission::regions_vote: return !endpoint.pattern.starts_with("/v1/regions");
        case Permission::regions_write:
        case Permission::channels_read:
        case Permission::channels_write:
        case Permission::files_read:
        case Permission::files_write:
        case Permission::access_read:
        case Permission::access_write:
        case Permission::audit_read:
        case Permission::pages_read:
        case Permission::pages_write:
        case Permission::pages_subscribers:
        case Permission::settings_read:
        case Permission::settings_write: return false;
        case Permission::account_own: return true;
    }
    return false;
}

}  // namespace sonde::controlplane
