// What the public is told of components and groups, as values of the template.
#pragma once

#include "controlplane/status_page/html/scene.h"

namespace sonde::status_page::html {

Json groups_view(const Scene& scene);

// The same groups with the names of their components, for the list of feeds; `named` is whether a group has a name of its own.
Json feeds_view(const Scene& scene);

// The state of the whole page.
Json overall_view(const Scene& scene);

// How uptime counts, in words; null where none is shown.
Json counting_view(const Scene& scene);

// A picture of the state for the browser's tab, as a data URL.
std::string state_icon(Condition condition);

}  // namespace sonde::status_page::html
