// What the public is told of incidents and maintenance, as values of the template.
#pragma once

#include "controlplane/status_page/html/scene.h"

namespace sonde::status_page::html {

// With all updates and the postmortem.
Json incident_view(const Scene& scene, const Incident& incident);
Json maintenance_view(const Scene& scene, const Maintenance& maintenance);

// The last `days` days, newest first, each with what began on it; those on which nothing did are told together.
Json log_of_days(const Scene& scene, int days);

// The days of a month, newest first, on which something began.
Json log_of_month(const Scene& scene, std::chrono::year_month month);

}  // namespace sonde::status_page::html
