// The part of a deliberation that is about incidents: who joins and leaves, what people ask, what is written down and told of it.
#include <algorithm>

#include "incident-engine/deliberation.h"
#include "lib/base/shard.h"
#include "lib/decision/evidence.h"
#include "lib/decision/sighting.h"

namespace sonde::engine {
namespace {

// What the details of an entry are called in its event; empty if they are for the timeline alone.
std::string_view details_name(decision::TimelineKind kind) {
    using Kind = decision::TimelineKind;
    switch (kind) {
        case Kind::cause_changed:
        case Kind::severity_changed:
        case Kind::assigned:
        case Kind::title_changed: return "change";
        case Kind::update_published:
        case Kind::update_edited:
        case Kind::update_deleted: return "update";
        case Kind::postmortem_written: return "postmortem";
        case Kind::escalated: return "escalation";
        case Kind::reminded: return "reminder";
        default: return "";
    }
}

}  // namespace

void Deliberation::joins(const Watched& watched, const decision::Joins& joins, const Json& evidence, std::optional<std::size_t> edge) {
    const auto& definition = watched.definition;
    decision::MonitorJoins event{definition.site,  definition.site_name, definition.monitor,
                             definition.name,  joins.scope,          definition.severity,
                             joins.cause,      joins.failing_since,  holdings_.regions.names_of(joins.regions),
                             joins.reason};
    const auto decision = decision::decide(open(definition.site, joins.scope), {now_, new_id<IncidentId>(), std::move(event)});
    record(decision, &definition, &evidence);
    if (edge && decision.next) writes_.decisions[*edge].incident = decision.next->id;
}

void Deliberation::left(SiteId site, decision::Scope scope, const decision::MonitorLeaves& leaves, const decision::Definition* definition,
                        const Json* evidence, std::optional<std::size_t> edge) {
    auto there = open(site, scope);
    if (!there) return;
    const auto decision = decision::decide(std::move(there), {now_, IncidentId{}, leaves});
    record(decision, definition, evidence);
    if (edge && decision.next && !decision.entries.empty()) writes_.decisions[*edge].incident = decision.next->id;
}

void Deliberation::leaves(SiteId site, decision::Scope scope, MonitorId monitor, decision::Reason reason) {
    left(site, scope, {monitor, reason}, nullptr, nullptr, std::nullopt);
}

void Deliberation::site_gone(SiteId site) {
    for (const auto scope : {decision::Scope::outage, decision::Scope::warning}) {
        if (auto there = open(site, scope)) record(decision::decide(std::move(there), {now_, IncidentId{}, decision::SiteGone{}}), nullptr, nullptr);
    }
}

decision::CommandOutcome Deliberation::command(std::int64_t number, IncidentId id, std::optional<decision::Incident> named,
                                               const decision::Command& command, decision::Around around) {
    if (const auto touched = writes_.incidents.find(id); touched != writes_.incidents.end()) named = touched->second;
    const auto* opening = std::get_if<decision::Opening>(&command.terms);
    const auto site = opening != nullptr ? opening->site : named ? named->site : SiteId{};
    const auto scope = opening != nullptr ? opening->scope : named ? named->scope : decision::Scope::outage;
    if (const auto* other = look(site, scope); other != nullptr && other->id != id) around.other_open = other->id;
    if (!around.other_open && (opening != nullptr || command.action == decision::Action::reopen)) around.failing = failing(site, scope);
    if (!around.site_name.empty()) names_[site] = around.site_name;
    const auto decision = decision::decide(std::move(named), {now_, id, command, std::move(around)});
    record(decision, nullptr, nullptr);
    writes_.answers.push_back({number, decision.outcome, decision.refusal});
    return decision.outcome;
}

void Deliberation::refuse(std::int64_t number, decision::CommandOutcome outcome, decision::Refusal refusal) {
    writes_.answers.push_back({number, outcome, refusal});
}

// People ask seldom, and a site has few monitors among all: they are looked for.
std::vector<decision::MonitorJoins> Deliberation::failing(SiteId site, decision::Scope scope) const {
    std::vector<decision::MonitorJoins> found;
    for (const auto& [monitor, watched] : holdings_.monitors) {
        const auto& definition = watched.definition;
        if (definition.site != site) continue;
        const auto touched = writes_.states.find(monitor);
        const auto& state = touched != writes_.states.end() ? touched->second : watched.state;
        const bool outage = scope == decision::Scope::outage;
        if (!(outage ? state.in_outage : state.in_warning)) continue;
        const auto seen = decision::sighting_of(state, definition, now_, decision::least_rank(scope));
        found.push_back({site, definition.site_name, monitor, definition.name, scope, definition.severity, seen.cause, seen.since,
                         holdings_.regions.names_of(seen.regions), outage ? decision::Reason::quorum_down : decision::Reason::quorum_degraded});
    }
    for (const auto& [id, held] : holdings_.relations.groups) {
        const auto* group = holdings_.relations.graph.group(id);
        const auto touched = writes_.groups.find(id);
        const auto& state = touched != writes_.groups.end() ? touched->second : held.state;
        if (scope != decision::Scope::outage || group == nullptr || group->site != site || !state.in_outage) continue;
        found.push_back({site, group->site_name, MonitorId{id.value()}, group->name, scope, group->severity, check::FailureClass::none,
                         state.failing_since.value_or(now_), {}, decision::Reason::group_down, true});
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.monitor < b.monitor; });
    return found;
}

// Keeps what the incident says of a member up to date. Nearly always nothing is new, and then it costs no copy.
void Deliberation::see(const Watched& watched, const decision::MonitorState& state) {
    const auto& definition = watched.definition;
    for (const auto scope : {decision::Scope::outage, decision::Scope::warning}) {
        const auto* incident = look(definition.site, scope);
        if (incident == nullptr || !incident->has(definition.monitor)) continue;
        const auto seen = decision::sighting_in(state, definition, now_, scope);
        if (!seen) continue;
        const decision::MonitorSeen event{definition.monitor, definition.severity, seen->cause, holdings_.regions.names_of(seen->regions)};
        const auto& members = incident->members;
        const bool known = std::any_of(members.begin(), members.end(), [&](const decision::Member& member) {
            return member.monitor == event.monitor && member.cause == event.cause && member.cause == member.told.cause &&
                   member.severity == event.severity && member.regions == event.regions;
        });
        if (known) continue;
        const auto decision = decision::decide(*incident, {now_, IncidentId{}, event});
        if (decision.entries.empty()) {
            if (decision.touched) record(decision, &definition, nullptr);
            continue;
        }
        const auto evidence = decision::evidence_of(state, definition, now_);
        record(decision, &definition, &evidence);
    }
}

void Deliberation::record(const decision::IncidentDecision& decision, const decision::Definition* definition, const Json* evidence) {
    if (decision.entries.empty() && !decision.touched) return;
    const auto& incident = *decision.next;
    for (const auto& entry : decision.entries) {
        Json data = Json::object();
        const bool joined = entry.kind == decision::TimelineKind::monitor_joined;
        if (entry.monitor && evidence != nullptr) data = *evidence;
        else if (entry.monitor && joined) data = evidence_now(*entry.monitor);  // what a person's command took in
        if (entry.kind == decision::TimelineKind::opened || entry.kind == decision::TimelineKind::monitor_joined) {
            for (const auto& member : incident.members) {
                if (entry.monitor == member.monitor) data["cause"] = name_of(member.cause);
            }
        }
        if (entry.details.is_object()) data.update(entry.details);
        if (!entry.comment.empty()) data["comment"] = entry.comment;
        using Kind = decision::TimelineKind;
        if (entry.kind == Kind::update_published || entry.kind == Kind::update_edited || entry.kind == Kind::update_deleted) {
            writes_.updated.insert(incident.id);
        }
        if (entry.kind == Kind::postmortem_written) writes_.examined.insert(incident.id);
        auto written = entry;
        for (const auto& member : incident.members) {
            if (!member.is_group || entry.monitor != member.monitor) continue;
            written.monitor.reset();
            const GroupId group{member.monitor.value()};
            data["group"] = {{"id", group.text()}, {"name", member.name}};
            if (entry.kind == Kind::opened || joined) data["members"] = failing_members(group);
        }
        writes_.timeline.push_back({incident.id, std::move(written), json::dump(data)});
    }
    for (const auto& news : decision::news_of(decision)) tell(decision, news, definition, evidence);
    writes_.incidents.insert_or_assign(incident.id, incident);
    const bool is_open = incident.state != decision::IncidentState::resolved;
    // A comment on a resolved incident must not hide the one that is open now.
    const auto key = std::pair(incident.site, incident.scope);
    const auto now_open = open(incident.site, incident.scope);
    if (is_open || (now_open && now_open->id == incident.id)) open_[key] = is_open ? incident.id : IncidentId{};
}

std::vector<std::string> Deliberation::tags_of_all(const std::vector<MonitorId>& monitors) const {
    std::vector<std::string> tags;
    for (const auto monitor : monitors) {
        const auto* found = definition(monitor);
        if (found != nullptr) tags.insert(tags.end(), found->tags.begin(), found->tags.end());
    }
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    return tags;
}

void Deliberation::site_has(SiteId site, std::vector<std::string> tags) { tags_[site] = std::move(tags); }

// Of all monitors that are or were in it, by themselves or in a group, and of its site, which may have none.
std::vector<std::string> Deliberation::tags_of(const decision::Incident& incident) const {
    std::vector<MonitorId> monitors;
    for (const auto& member : incident.members) {
        if (!member.is_group) monitors.push_back(member.monitor);
        const auto* group = member.is_group ? holdings_.relations.graph.group(GroupId{member.monitor.value()}) : nullptr;
        if (group != nullptr) monitors.insert(monitors.end(), group->members.begin(), group->members.end());
    }
    auto tags = tags_of_all(monitors);
    if (const auto brought = tags_.find(incident.site); brought != tags_.end()) tags.insert(tags.end(), brought->second.begin(), brought->second.end());
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    return tags;
}

Json Deliberation::evidence_now(MonitorId monitor) const {
    const auto held = holdings_.monitors.find(monitor);
    if (held == holdings_.monitors.end()) return Json::object();
    const auto touched = writes_.states.find(monitor);
    return decision::evidence_of(touched != writes_.states.end() ? touched->second : held->second.state, held->second.definition, now_);
}

void Deliberation::tell(const decision::IncidentDecision& decision, const decision::News& news, const decision::Definition* definition,
                        const Json* evidence) {
    const auto& incident = *decision.next;
    const auto& entry = decision.entries[news.entry];
    const auto name = site_name(incident.site);
    EventParts parts(name_of(news.told), now_, name_of(entry.reason));
    parts.actor = entry.actor;
    parts.site = incident.site;
    parts.site_name = name;
    parts.incident = &incident;
    const auto tags = tags_of(incident);
    parts.tags = &tags;
    parts.seq = entry.seq;
    parts.comment = entry.comment;
    parts.monitor = definition;
    parts.evidence = evidence;
    parts.details_name = details_name(entry.kind);
    if (!parts.details_name.empty() && entry.details.is_object()) parts.details = &entry.details;
    writes_.events.push_back(make_event(new_id<EventId>(), parts));
}

const decision::Incident* Deliberation::look(SiteId site, decision::Scope scope) const {
    if (const auto changed = open_.find({site, scope}); changed != open_.end()) {
        return changed->second ? &writes_.incidents.at(changed->second) : nullptr;
    }
    const auto found = holdings_.sites.find(site);
    if (found == holdings_.sites.end()) return nullptr;
    return found->second.open[static_cast<std::size_t>(scope)].get();
}

std::optional<decision::Incident> Deliberation::open(SiteId site, decision::Scope scope) const {
    const auto* there = look(site, scope);
    return there != nullptr ? std::optional(*there) : std::nullopt;
}

std::string Deliberation::site_name(SiteId site) const {
    const auto found = holdings_.sites.find(site);
    if (found != holdings_.sites.end()) return found->second.name;
    const auto brought = names_.find(site);
    return brought != names_.end() ? brought->second : std::string{};
}

}  // namespace sonde::engine
