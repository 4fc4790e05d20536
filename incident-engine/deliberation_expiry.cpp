// Certificates and domains that end soon.
#include <algorithm>

#include "incident-engine/deliberation.h"
#include "lib/decision/evidence.h"

namespace sonde::engine {
namespace {

using Days = std::chrono::duration<std::int64_t, std::ratio<86'400>>;

std::string_view kind_of(decision::Ending what) { return what == decision::Ending::certificate ? "certificate.expiring" : "domain.expiring"; }

}  // namespace

std::vector<decision::ExpiryTold> Deliberation::expiries_told(MonitorId monitor) const {
    std::vector<decision::ExpiryTold> told;
    if (const auto held = holdings_.expiries.find(monitor); held != holdings_.expiries.end()) told = held->second;
    for (const auto& row : writes_.expiries) {
        if (row.monitor == monitor) told.push_back(row.told);
    }
    return told;
}

void Deliberation::expires(const Watched& watched, Slot slot, const Json& detail) {
    const auto seen = decision::expiry_in(detail);
    if (!seen) return;
    const auto& definition = watched.definition;
    const auto touched = writes_.states.find(definition.monitor);
    const auto& state = touched != writes_.states.end() ? touched->second : watched.state;
    if (decision::withholds_expiry(state) || !decision::is_news(*seen, expiries_told(definition.monitor), now_)) return;

    auto evidence = decision::evidence_of(state, definition, now_);
    auto facts = seen->facts;
    facts["days_left"] = std::chrono::floor<Days>(seen->ends_at - now_).count();
    EventParts parts(kind_of(seen->what), now_, name_of(decision::Reason::expiry_near));
    parts.site = definition.site;
    parts.site_name = definition.site_name;
    parts.monitor = &definition;
    parts.evidence = &evidence;
    parts.extra_name = name_of(seen->what);
    parts.extra = &facts;
    const auto event = new_id<EventId>();
    writes_.events.push_back(make_event(event, parts));
    writes_.expiries.push_back({definition.monitor, {seen->what, seen->identity, seen->threshold_days, seen->ends_at, now_}, event});

    evidence["expiry"] = std::move(facts);
    evidence["expiry"]["what"] = name_of(seen->what);
    writes_.decisions.push_back({definition.monitor,
                                 {decision::NoteKind::expiring, state.shown(), state.shown(), decision::Reason::expiry_near, slot},
                                 std::nullopt,
                                 json::dump(evidence),
                                 event});
}

void Deliberation::told_before(const std::vector<EventId>& events) {
    if (events.empty()) return;
    const auto was_told = [&](EventId id) { return std::find(events.begin(), events.end(), id) != events.end(); };
    std::erase_if(writes_.events, [&](const Event& event) { return was_told(event.id); });
    std::erase_if(writes_.decisions, [&](const DecisionRow& row) { return row.event && was_told(*row.event); });
    for (auto& row : writes_.expiries) row.told_before = row.told_before || was_told(row.event);
}

}  // namespace sonde::engine
