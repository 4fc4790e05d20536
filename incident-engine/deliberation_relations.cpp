// What monitors mean to each other, within one batch: suppression around each, groups, and the radius of incidents.
#include <algorithm>

#include "incident-engine/deliberation.h"
#include "lib/decision/evidence.h"

namespace sonde::engine {
namespace {

constexpr std::size_t kMembersNoted = 50;        // of a group that is down
constexpr int kMostRounds = 100;                 // of settling; chains of dependencies are shorter
constexpr milliseconds kAskParentAgain{2000};    // whoever asks

bool same(const std::optional<decision::Withheld>& a, const std::optional<decision::Withheld>& b) {
    if (!a || !b) return a.has_value() == b.has_value();
    return a->by == b->by && a->source == b->source && a->root == b->root;
}

}  // namespace

const decision::MonitorState* Deliberation::state(MonitorId monitor) const {
    if (const auto touched = writes_.states.find(monitor); touched != writes_.states.end()) return &touched->second;
    if (const auto held = holdings_.monitors.find(monitor); held != holdings_.monitors.end()) {
        const auto activity = held->second.definition.activity;
        const bool gone = activity == decision::Activity::deleted || activity == decision::Activity::site_deleted;
        return gone ? nullptr : &held->second.state;
    }
    const auto remote = holdings_.relations.remote.find(monitor);
    return remote != holdings_.relations.remote.end() ? &remote->second.state : nullptr;
}

const decision::Definition* Deliberation::definition(MonitorId monitor) const {
    if (const auto held = holdings_.monitors.find(monitor); held != holdings_.monitors.end()) return &held->second.definition;
    const auto remote = holdings_.relations.remote.find(monitor);
    return remote != holdings_.relations.remote.end() ? &remote->second.definition : nullptr;
}

decision::Suppression Deliberation::around(const Watched& watched) const {
    const auto& relations = holdings_.relations;
    if (relations.empty()) return {};
    const auto& definition = watched.definition;
    decision::Suppression around;
    if (!relations.graph.empty()) around = relations.graph.around(definition.monitor, definition.site, *this);
    around.window = relations.open.over(definition.monitor, definition.site, watched.definition.tags);
    return around;
}

void Deliberation::note_suppression(const Watched& watched, const decision::Muting& before, const decision::MonitorState& after) {
    const auto& definition = watched.definition;
    const auto note = [&](decision::Scope scope, const std::optional<decision::Withheld>& was, const std::optional<decision::Withheld>& is) {
        if (same(was, is)) return;
        const bool told = !is && (scope == decision::Scope::outage ? after.in_outage : after.in_warning);
        writes_.suppressions.push_back({definition.monitor, definition.site, scope, is, told});
    };
    note(decision::Scope::outage, before.outage, after.muting->outage);
    note(decision::Scope::warning, before.warning, after.muting->warning);
}

void Deliberation::ask_parents(const Watched& watched, TimePoint since) {
    const auto& definition = watched.definition;
    for (const auto parent : holdings_.relations.graph.ancestors_of(definition.monitor, definition.site)) {
        const auto* there = state(parent);
        const auto* defined = this->definition(parent);
        if (there == nullptr || defined == nullptr || decision::footing_of(*there).suspected) continue;
        const auto well = decision::well_at(*there, *defined);
        if (!well || *well >= since) continue;
        const auto before = holdings_.relations.asked.find(parent);
        if (before != holdings_.relations.asked.end() && now_ < before->second + kAskParentAgain && now_ >= before->second) continue;
        if (!asked_.insert(parent).second) continue;
        writes_.asking.push_back({parent, decision::everybody_now(*defined, now_ + behind_)});
    }
}

void Deliberation::look_at_monitor(MonitorId monitor) {
    const auto held = holdings_.monitors.find(monitor);
    if (held != holdings_.monitors.end()) decide(held->second, decision::LookAround{});
}

void Deliberation::look_everywhere() {
    const auto& open = holdings_.relations.open;
    for (const auto& [monitor, watched] : holdings_.monitors) {
        const auto* there = state(monitor);
        if (there == nullptr) continue;
        const auto& muting = *there->muting;
        const auto window = open.over(monitor, watched.definition.site, watched.definition.tags);
        if (muting.window != window || muting.outage || muting.warning) look_at_monitor(monitor);
    }
    for (const auto& [id, held] : holdings_.relations.groups) look_at_group(id);
}

void Deliberation::look_at_group(GroupId id) {
    const auto& relations = holdings_.relations;
    const auto held = relations.groups.find(id);
    const auto* group = relations.graph.group(id);
    if (held == relations.groups.end() || group == nullptr) return;
    const auto touched = writes_.groups.find(id);
    const auto before = touched != writes_.groups.end() ? touched->second : held->second.state;
    std::vector<decision::MemberSeen> members;
    for (const auto member : group->members) members.push_back(decision::member_seen(state(member), this->definition(member)));
    const auto decision = decision::decide(before, *group, members, relations.open.over(group->site).has_value(), now_);
    if (decision.next == before && (touched != writes_.groups.end() || held->second.stored)) return follow_group(*group, before);
    writes_.groups.insert_or_assign(id, decision.next);
    names_.try_emplace(group->site, group->site_name);  // the site may have no monitors of its own
    if (decision.changed) tell_group(*group, before, decision);
    const MonitorId member{id.value()};
    if (decision.joins) {
        const decision::MonitorJoins joins{group->site, group->site_name, member, group->name, decision::Scope::outage, group->severity,
                                           check::FailureClass::none, decision.next.failing_since.value_or(now_), {}, decision.reason, true};
        record(decision::decide(this->open(group->site, decision::Scope::outage), {now_, new_id<IncidentId>(), joins}), nullptr, nullptr);
    }
    follow_group(*group, decision.next);
    if (decision.leaves) left(group->site, decision::Scope::outage, {member, decision::Reason::group_recovered}, nullptr, nullptr, std::nullopt);
}

// Those that are down, in the group's order, each with its votes now: what the group is down by.
Json Deliberation::failing_members(GroupId id) const {
    Json failing = Json::array();
    const auto* group = holdings_.relations.graph.group(id);
    if (group == nullptr) return failing;
    for (const auto member : group->members) {
        const auto* there = state(member);
        const auto* defined = definition(member);
        if (there == nullptr || defined == nullptr || !decision::member_seen(there, defined).watched || !decision::footing_of(*there).down()) continue;
        if (failing.size() == kMembersNoted) break;
        failing.push_back({{"id", member.text()}, {"name", defined->name}, {"interval_ms", defined->interval.count()},
                           {"votes", decision::votes_of(*there, *defined, now_)}});
    }
    return failing;
}

// The incident goes by the severity that the group has now.
void Deliberation::follow_group(const decision::GroupDefinition& group, const decision::GroupState& state) {
    if (!state.in_outage) return;
    const auto* there = look(group.site, decision::Scope::outage);
    const MonitorId id{group.id.value()};
    if (there == nullptr || !there->has(id)) return;
    const auto& members = there->members;
    const bool known = std::any_of(members.begin(), members.end(), [&](const decision::Member& one) { return one.monitor == id && one.severity == group.severity; });
    if (!known) record(decision::decide(*there, {now_, IncidentId{}, decision::MonitorSeen{id, group.severity, check::FailureClass::none, {}}}), nullptr, nullptr);
}

void Deliberation::tell_group(const decision::GroupDefinition& group, const decision::GroupState& before, const decision::GroupDecision& decision) {
    const auto& count = decision.next.count;
    Json document;
    document["id"] = group.id.text();
    document["name"] = group.name;
    document["from"] = name_of(before.shown);
    document["to"] = name_of(decision.next.shown);
    document["needed"] = group.needed;
    document["members"] = count.members;
    document["up"] = count.up + count.degraded;
    document["down"] = count.down;
    EventParts parts("group.changed", now_, name_of(decision.reason));
    parts.site = group.site;
    parts.site_name = group.site_name;
    const auto tags = tags_of_all(group.members);
    parts.tags = &tags;
    parts.extra_name = "group";
    parts.extra = &document;
    writes_.events.push_back(make_event(new_id<EventId>(), parts));
}

void Deliberation::settle() {
    if (holdings_.relations.graph.empty()) {
        changed_.clear();
        return;
    }
    bool first = true;
    for (int round = 0; round < kMostRounds && (first || !changed_.empty()); ++round, first = false) {
        const auto changed = std::exchange(changed_, {});
        // Those that wait for what becomes of a parent look at each vote of it; the others when its footing changed.
        const auto& muted = changed.empty() ? holdings_.doubting : holdings_.muted;
        std::vector<MonitorId> looking(muted.begin(), muted.end());
        for (const auto& [monitor, state] : writes_.states) {
            const bool looks = changed.empty() ? Holdings::doubts(state) : Holdings::withholds(state);
            if (looks && !muted.contains(monitor)) looking.push_back(monitor);
        }
        for (const auto monitor : looking) look_at_monitor(monitor);
        std::set<GroupId> groups;
        for (const auto monitor : changed) {
            const auto& with = holdings_.relations.graph.groups_with(monitor);
            groups.insert(with.begin(), with.end());
        }
        for (const auto group : groups) look_at_group(group);
    }
}

void Deliberation::radius(SiteId site, const decision::RadiusSeen& seen) {
    auto there = open(site, decision::Scope::outage);
    if (!there) return;
    record(decision::decide(std::move(there), {now_, IncidentId{}, seen}), nullptr, nullptr);
}

Json Deliberation::suppressed_by(const std::optional<decision::Withheld>& withheld) const {
    if (!withheld) return nullptr;
    const auto& relations = holdings_.relations;
    Json document;
    document["cover"] = name_of(withheld->by);
    if (withheld->by == decision::Cover::maintenance) {
        document["id"] = WindowId{withheld->source}.text();
        for (const auto& window : relations.windows) {
            if (window.id.value() == withheld->source) document["name"] = window.title;
        }
    } else if (withheld->source != 0) {
        document["kind"] = name_of(withheld->source_kind);
        switch (withheld->source_kind) {
            case decision::NodeKind::monitor: {
                const MonitorId parent{withheld->source};
                document["id"] = parent.text();
                if (const auto* defined = definition(parent)) document["name"] = defined->name;
                break;
            }
            case decision::NodeKind::site: document["id"] = SiteId{withheld->source}.text(); break;
            case decision::NodeKind::group: document["id"] = GroupId{withheld->source}.text(); break;
        }
        if (const auto name = relations.names.find(withheld->source); name != relations.names.end()) document["name"] = name->second;
    }
    return document;
}

}  // namespace sonde::engine
