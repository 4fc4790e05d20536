// Events as they are told: the documents of schema/messages/event.schema.json.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/decision/incident.h"
#include "lib/json/json.h"

namespace sonde::engine {

// A row of `outbox`, and the document that subscribers and receivers get.
struct Event {
    EventId id;
    TimePoint at;
    std::string kind;  // `incident.opened`, …
    std::optional<SiteId> site;
    std::optional<IncidentId> incident;
    std::optional<std::int64_t> seq;
    std::string document;
    std::optional<AdvisoryId> advisory = std::nullopt;  // that it is about
};

// What an event is made of beside its kind. Everything pointed to must live until `make_event` returned.
struct EventParts {
    EventParts(std::string_view of_kind, TimePoint when, std::string_view why) : kind(of_kind), at(when), reason(why) {}

    std::string_view kind;
    TimePoint at;
    std::string_view reason;
    std::string_view actor = "engine";
    std::optional<SiteId> site;
    std::string_view site_name;
    const decision::Incident* incident = nullptr;
    std::optional<std::int64_t> seq;                // of the timeline entry that is told; the incident's last if nothing
    std::string_view comment;                       // of an incident's event
    std::string_view details_name;                  // of what is told beside: `change`, `update`, …
    const Json* details = nullptr;
    const decision::Definition* monitor = nullptr;
    std::optional<decision::State> from;
    std::optional<decision::State> to;
    const decision::Advisory* advisory = nullptr;
    std::vector<std::string> advisory_regions;
    bool advisory_closed = false;
    std::string_view region;                        // of a coverage event
    std::optional<TimePoint> region_since;
    const std::vector<std::string>* tags = nullptr; // of all that it is about; the monitor's, if not given
    const Json* judgement = nullptr;                // of a region's health: `region` of the event
    std::string_view extra_name;                    // a part of its own: `group`, `maintenance`
    const Json* extra = nullptr;
    const Json* evidence = nullptr;                 // as `evidence_of` gave it
};

Event make_event(EventId id, const EventParts& parts);

}  // namespace sonde::engine
