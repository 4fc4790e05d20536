// Which events a listener wants to hear of.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/access/restriction.h"
#include "controlplane/events/event.h"

namespace sonde::events {

// Every part that is given must match. Pure.
struct Filter {
    std::vector<std::string> kinds{};  // whole, `incident.opened`, or a family, `incident.*`; one of them; none for all
    std::optional<SiteId> site{};
    std::optional<MonitorId> monitor{};
    std::optional<IncidentId> incident{};
    std::optional<std::string> tag{};
    std::optional<std::string> region{};
    std::optional<controlplane::Restriction> restriction{};  // of who listens: then what is of no site is told to nobody

    [[nodiscard]] bool matches(const Event& event) const;
};

// Whether `pattern` is a kind, or a family, that `kind` is or belongs to.
bool covers(std::string_view pattern, std::string_view kind);

}  // namespace sonde::events
