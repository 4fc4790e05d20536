// Incidents as they are shown. Read only: the incident engine alone writes them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/api/endpoint/conditions.h"
#include "lib/base/id.h"
#include "lib/db/db.h"
#include "lib/json/json.h"

namespace sonde::controlplane {

struct Incident {
    IncidentId id;
    int version = 1;
    TimePoint failing_since;
    TimePoint opened_at;
    std::optional<TimePoint> resolved_at;
    std::string state;
    std::string title;
    std::vector<MonitorId> monitors;
    Json document;  // as the API shows it
};

namespace incident_store {

bool exists(db::Tx& tx, IncidentId id);
std::optional<Incident> find(db::Tx& tx, IncidentId id);
// Those that meet the conditions over `i` (incident), newest first, with their monitors; two statements however many there are.
std::vector<Incident> list(db::Tx& tx, Conditions conditions, int limit);

}  // namespace incident_store
}  // namespace sonde::controlplane
