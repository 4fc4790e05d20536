#include "tests/unit/decision/world.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/decision/sighting.h"

namespace sonde::decision::test {

using namespace decision;

namespace {

constexpr std::string_view kRegions[] = {"eu", "us", "ap", "sa", "af"};

std::string name_of_region(const Definition& definition, RegionId region) {
    const auto* voter = definition.voter(region);
    return voter != nullptr ? voter->name : fmt::format("region {}", static_cast<int>(region));
}

std::vector<std::string> names_of(const Definition& definition, const std::vector<RegionId>& regions) {
    std::vector<std::string> names;
    for (const auto region : regions) names.push_back(name_of_region(definition, region));
    return names;
}

}  // namespace

Definition definition_with(std::vector<std::string> domains) {
    Definition definition;
    definition.monitor = MonitorId{1};
    definition.site = SiteId{1};
    definition.name = "API";
    definition.site_name = "API";
    definition.interval = seconds{30};
    definition.timeout = seconds{10};
    definition.spec_hash = 1;
    for (std::size_t i = 0; i < domains.size(); ++i) {
        definition.voters.push_back({static_cast<RegionId>(i + 1), std::string(kRegions[i]), domains[i], 0});
    }
    arrange_voters(definition);
    return definition;
}

int World::add(Definition definition) {
    monitors_.push_back({std::move(definition), {}, false});
    return static_cast<int>(monitors_.size()) - 1;
}

Incident* World::open(Scope scope) {
    for (auto& incident : incidents) {
        if (incident.scope == scope && incident.state != IncidentState::resolved) return &incident;
    }
    return nullptr;
}

std::string World::apply(const IncidentDecision& decision) {
    if (decision.entries.empty() && !decision.touched) return "no change";
    const auto& next = *decision.next;
    const auto known = std::find_if(incidents.begin(), incidents.end(), [&](const Incident& one) { return one.id == next.id; });
    if (known == incidents.end()) {
        incidents.push_back(next);
    } else {
        *known = next;
    }
    std::string text;
    if (decision.entries.empty()) return "no change";
    for (const auto& entry : decision.entries) {
        text += fmt::format("{}{} incident {} seq {}", text.empty() ? "" : ", ", name_of(entry.kind), next.id.value(), entry.seq);
        if (entry.kind == TimelineKind::opened) text += fmt::format(" \"{}\"", next.title);
        if (entry.kind == TimelineKind::cause_changed || entry.kind == TimelineKind::severity_changed) {
            text += fmt::format(" {} → {}", entry.details["from"].get<std::string>(), entry.details["to"].get<std::string>());
        }
    }
    return text;
}

std::string World::apply(int index, TimePoint now, const Effect& effect) {
    const auto& definition = monitor(index).definition;
    if (const auto* note = std::get_if<Note>(&effect)) {
        if (note->kind == NoteKind::transition) return fmt::format("{} → {}", name_of(note->from), name_of(note->to));
        return std::string(name_of(note->kind));
    }
    if (const auto* changed = std::get_if<Changed>(&effect)) return fmt::format("tells {}", name_of(changed->to));
    if (const auto* confirm = std::get_if<Confirm>(&effect)) {
        last_asked.push_back(*confirm);
        std::string text = "asks";
        for (const auto& ask : confirm->asks) {
            text += fmt::format(" {}#{}", name_of_region(definition, ask.region), ask.attempt);
            if (ask.not_before > now) text += fmt::format(" in {}", format_duration(ask.not_before - now));
        }
        return text;
    }
    if (const auto* joins = std::get_if<Joins>(&effect)) {
        const auto* there = open(joins->scope);
        MonitorJoins event{definition.site, definition.site_name, definition.monitor, definition.name, joins->scope, definition.severity,
                           joins->cause, joins->failing_since, names_of(definition, joins->regions), joins->reason};
        return apply(decide(there != nullptr ? std::optional(*there) : std::nullopt, {now, fresh_incident(), event}));
    }
    if (const auto* leaves = std::get_if<Leaves>(&effect)) {
        const auto* there = open(leaves->scope);
        return apply(decide(there != nullptr ? std::optional(*there) : std::nullopt,
                            {now, fresh_incident(), MonitorLeaves{definition.monitor, leaves->reason}}));
    }
    if (const auto* opened = std::get_if<AdvisoryOpened>(&effect)) {
        advisories_open.push_back(opened->advisory);
        return fmt::format("opens advisory for {}{}", fmt::join(names_of(definition, opened->advisory.regions), " "),
                           opened->advisory.flapping_since ? ", flaps" : "");
    }
    if (const auto* grown = std::get_if<AdvisoryChanged>(&effect)) {
        return fmt::format("advisory is now for {}{}", fmt::join(names_of(definition, grown->advisory.regions), " "),
                           grown->advisory.flapping_since ? ", flaps" : "");
    }
    if (const auto* began = std::get_if<FlappingBegan>(&effect)) {
        return fmt::format("flaps, {} changes; {}", began->changes, mark(definition, now, TimelineKind::flapping_began, Reason::flapping_began));
    }
    if (const auto* ended = std::get_if<FlappingEnded>(&effect)) {
        return fmt::format("calm; {}", mark(definition, now, TimelineKind::flapping_ended, ended->reason));
    }
    if (const auto* asks = std::get_if<AskParents>(&effect)) return parents_asked(index, now, asks->since);
    const auto& closed = std::get<AdvisoryClosed>(effect);
    std::erase_if(advisories_open, [&](const Advisory& one) { return one.id == closed.advisory.id; });
    return "closes advisory";
}

std::string World::mark(const Definition& definition, TimePoint now, TimelineKind kind, Reason reason) {
    std::string text;
    for (const auto scope : {Scope::outage, Scope::warning}) {
        const auto* there = open(scope);
        if (there == nullptr) continue;
        text += apply(decide(std::optional(*there), {now, {}, MonitorMarked{definition.monitor, kind, reason}}));
    }
    return text.empty() ? "no incident" : text;
}

std::string World::happens(int index, TimePoint now, decltype(Event::what) what) {
    auto text = decide_on(index, now, std::move(what));
    return text + settle(now);
}

std::string World::settle(TimePoint now) {
    std::string text;
    if (relations.empty() && windows.empty() &&
        std::all_of(monitors_.begin(), monitors_.end(), [](const Watched& one) { return one.state.muting.empty(); })) {
        return text;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < static_cast<int>(monitors_.size()); ++i) {
            if (!monitor(i).seen) continue;
            const auto before = monitor(i).state;
            const auto said = decide_on(i, now, LookAround{});
            if (monitor(i).state == before) continue;
            changed = true;
            if (said.find(';') != std::string::npos) text += fmt::format(" | @{} {}", monitor(i).definition.name, said);
        }
        for (const auto& [id, group] : relations.groups()) {
            const auto said = look_at(group, now);
            if (!said.empty()) text += fmt::format(" | @{} {}", group.name, said);
        }
    }
    return text;
}

std::string World::look_at(const GroupDefinition& group, TimePoint now) {
    std::vector<MemberSeen> seen;
    for (const auto member : group.members) seen.push_back(member_seen(state(member), definition(member)));
    auto& kept = groups[group.id];
    const auto from = kept.shown;
    const auto decision = decide(kept, group, seen, false, now);
    kept = decision.next;
    std::string text;
    if (decision.changed) text += fmt::format("{} → {}", name_of(from), name_of(kept.shown));
    const auto* there = open(Scope::outage);
    const auto incident = there != nullptr ? std::optional(*there) : std::nullopt;
    if (decision.joins) {
        MonitorJoins joins{group.site, group.site_name, MonitorId{group.id.value()}, group.name, Scope::outage, group.severity,
                           check::FailureClass::none, kept.failing_since.value_or(now), {}, decision.reason, true};
        text += "; " + apply(decide(incident, {now, fresh_incident(), joins}));
    }
    if (decision.leaves) text += "; " + apply(decide(incident, {now, {}, MonitorLeaves{MonitorId{group.id.value()}, decision.reason}}));
    return text;
}

const MonitorState* World::state(MonitorId id) const {
    for (const auto& one : monitors_) {
        if (one.definition.monitor == id) return one.seen ? &one.state : nullptr;
    }
    return nullptr;
}

const Definition* World::definition(MonitorId id) const {
    for (const auto& one : monitors_) {
        if (one.definition.monitor == id) return &one.definition;
    }
    return nullptr;
}

Suppression World::around(int index) const {
    const auto& definition = monitors_.at(static_cast<std::size_t>(index)).definition;
    auto around = relations.around(definition.monitor, definition.site, *this);
    if (const auto window = windows.find(index); window != windows.end()) around.window = window->second;
    return around;
}

std::string World::parents_asked(int index, TimePoint now, TimePoint since) {
    std::string text = "asks parents";
    const auto& definition = monitor(index).definition;
    for (const auto parent : relations.ancestors_of(definition.monitor, definition.site)) {
        const auto* there = state(parent);
        if (there == nullptr) continue;
        const auto well = well_at(*there, *this->definition(parent));
        if (well && *well < since && !footing_of(*there).suspected) text += " " + this->definition(parent)->name;
    }
    (void)now;
    return text;
}

std::string World::decide_on(int index, TimePoint now, decltype(Event::what) what) {
    auto& watched = monitor(index);
    if (!watched.seen) {
        watched.state = first_state(now);
        watched.seen = true;
    }
    auto decision = decide(watched.state, watched.definition, {now, AdvisoryId{next_id_++}, std::move(what), around(index)});
    watched.state = std::move(decision.next);
    auto text = fmt::format("{} ({})", name_of(decision.reason), describe(tally(watched.state.votes, watched.definition, now)));
    for (const auto& effect : decision.effects) text += "; " + apply(index, now, effect);
    for (const auto scope : {Scope::outage, Scope::warning}) {
        const auto seen = sighting_in(watched.state, watched.definition, now, scope);
        const auto* there = open(scope);
        if (there == nullptr || !seen) continue;
        const auto change = apply(decide(*there, {now, {}, MonitorSeen{watched.definition.monitor, watched.definition.severity, seen->cause,
                                                                      names_of(watched.definition, seen->regions)}}));
        if (change != "no change") text += "; " + change;
    }
    return text;
}

std::string World::site_gone(TimePoint now) {
    std::string text;
    for (const auto scope : {Scope::outage, Scope::warning}) {
        if (const auto* there = open(scope)) text += apply(decide(*there, {now, {}, SiteGone{}}));
    }
    return text.empty() ? "nothing" : text;
}

std::string World::command(TimePoint now, Scope scope, Command command) {
    std::optional<Incident> named;
    for (const auto& incident : incidents) {
        if (incident.scope == scope) named = incident;
    }
    Around around;
    const auto* opening = std::get_if<Opening>(&command.terms);
    if (opening != nullptr) named.reset();
    if (const auto* there = open(scope); there != nullptr && (!named || there->id != named->id)) around.other_open = there->id;
    for (const auto& watched : monitors_) {
        const auto& definition = watched.definition;
        if (opening != nullptr && std::count(opening->monitors.begin(), opening->monitors.end(), definition.monitor) > 0) {
            around.named.push_back({definition.monitor, definition.name, definition.severity});
        }
        if (!(scope == Scope::outage ? watched.state.in_outage : watched.state.in_warning) || around.other_open) continue;
        const auto seen = sighting_of(watched.state, definition, now, least_rank(scope));
        around.failing.push_back({definition.site, definition.site_name, definition.monitor, definition.name, scope, definition.severity,
                                  seen.cause, seen.since, names_of(definition, seen.regions), Reason::quorum_down});
    }
    const auto decision = decide(named, {now, fresh_incident(), std::move(command), std::move(around)});
    const auto why = decision.refusal == Refusal::none ? "" : fmt::format(" ({})", name_of(decision.refusal));
    return fmt::format("{}{}; {}", name_of(decision.outcome), why, apply(decision));
}

std::optional<std::pair<TimePoint, int>> World::next_tick(TimePoint now) const {
    std::optional<std::pair<TimePoint, int>> next;
    for (std::size_t i = 0; i < monitors_.size(); ++i) {
        if (!monitors_[i].seen) continue;
        const auto at = decision::next_tick(monitors_[i].state, monitors_[i].definition, now, listening_since);
        if (at && (!next || *at < next->first)) next = {*at, static_cast<int>(i)};
    }
    return next;
}

}  // namespace sonde::decision::test
