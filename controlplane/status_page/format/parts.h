// What several formats say in the same way: addresses, the names of what is affected, shares.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/status_page/html/language.h"
#include "controlplane/status_page/snapshot.h"
#include "lib/calendar/zone.h"

namespace sonde::status_page::format {

// Absolute ones, of a page whose address is `base`, which ends with `/`.
std::string address_of(std::string_view base, const Incident& incident);
std::string address_of(std::string_view base, const Maintenance& maintenance);

// The same wherever the page is, and for good: `urn:sonde:incident:inc_…`.
std::string lasting_id(const Incident& incident);
std::string lasting_id(const Maintenance& maintenance);
std::string lasting_id(const Snapshot& page);

// When something last happened to it.
TimePoint changed_at(const Incident& incident);
TimePoint changed_at(const Maintenance& maintenance);

// Null for a component that the page has not.
const Component* find_component(const Snapshot& page, std::string_view id);

// What is told of incidents that are over: nothing where the page shows no history.
const std::vector<Incident>& shown_past(const Snapshot& page);

// As the page says it: cut to three decimals of a per cent, so that 1 is never said of less.
double shown_share(double share);

// The page's words and clocks.
struct Voice {
    explicit Voice(const Snapshot& page);

    const html::Language& words;
    calendar::Zone zone;
    std::map<std::string, std::string, std::less<>> names;  // of components, by their identifiers

    // `Affected: API, Search`; empty if the page has none of them.
    [[nodiscard]] std::string affected(const std::vector<std::string>& components) const;
    [[nodiscard]] std::string span(TimePoint from, const std::optional<TimePoint>& to) const;
};

}  // namespace sonde::status_page::format
