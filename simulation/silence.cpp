// What must not be told: in maintenance nothing begins, what a parent explains is no news, and a group speaks for its members. By the plan alone.
#include <algorithm>

#include "simulation/bounds.h"

namespace sonde::simulation {
namespace {

// Until what one engine decided counts for another: it polls for changes, and a batch is under way.
constexpr milliseconds kLearned{2'000};
// Between the agents' corrected clocks.
constexpr milliseconds kClocks{1'000};
constexpr milliseconds kLongestDoubt{30'000};
// Until the incident of the cause has counted a child: that is heard of by polling, and at times by another engine.
constexpr milliseconds kCounted{6'000};
// An ill region is found when each of its sites was seen failing, by others well after that, and that was added up.
constexpr milliseconds kQuarantined{60'000};
constexpr milliseconds kDisturbed{90'000};

}  // namespace

// Those nodes that edges say the monitor or its site depends on.
std::vector<decision::Node> Bounds::nodes_over(std::size_t monitor) const {
    const auto& planned = plan_.monitors[monitor];
    std::vector<decision::Node> nodes;
    for (const auto& edge : plan_.edges) {
        if (edge.child == decision::node_of(planned.id) || edge.child == decision::node_of(planned.site)) nodes.push_back(edge.parent);
    }
    return nodes;
}

// The monitors behind those nodes.
std::vector<std::size_t> Bounds::parents_of(std::size_t monitor) const {
    std::vector<std::size_t> parents;
    for (const auto node : nodes_over(monitor)) {
        for (std::size_t i = 0; i < plan_.monitors.size(); ++i) {
            const auto& one = plan_.monitors[i];
            const bool member = plan_.group && node == decision::node_of(plan_.group->id) &&
                                std::find(plan_.group->members.begin(), plan_.group->members.end(), one.id) != plan_.group->members.end();
            if (member || node == decision::node_of(one.id) || node == decision::node_of(one.site)) parents.push_back(i);
        }
    }
    return parents;
}

std::vector<std::size_t> Bounds::ancestors_of(std::size_t monitor) const {
    std::vector<std::size_t> all;
    auto ring = parents_of(monitor);
    while (!ring.empty()) {
        std::vector<std::size_t> next;
        for (const auto one : ring) {
            if (std::find(all.begin(), all.end(), one) != all.end()) continue;
            all.push_back(one);
            const auto more = parents_of(one);
            next.insert(next.end(), more.begin(), more.end());
        }
        ring = std::move(next);
    }
    return all;
}

bool Bounds::speaks_for(MonitorId member) const {
    return plan_.group && plan_.group->pages && plan_.group->quiet &&
           std::find(plan_.group->members.begin(), plan_.group->members.end(), member) != plan_.group->members.end();
}

// Down for sure, or suppressed by a parent that is; known everywhere.
bool Bounds::blocks(decision::Node node, TimePoint at) const {
    const auto is_down = [&](std::size_t monitor) {
        return std::any_of(known_[monitor].down.begin(), known_[monitor].down.end(), [at](const Span& span) { return span.from + kLearned <= at && at < span.to; });
    };
    int down = 0;
    for (std::size_t i = 0; i < plan_.monitors.size(); ++i) {
        const auto& one = plan_.monitors[i];
        // A parent that is switched off passes nothing on.
        const bool edited = std::any_of(plan_.edits.begin(), plan_.edits.end(), [i](const Edit& edit) {
            return edit.monitor == i && (edit.kind == EditKind::pause || edit.kind == EditKind::resume || edit.kind == EditKind::remove);
        });
        if (node == decision::node_of(one.id) && (is_down(i) || (!edited && is_blocked(i, at)))) return true;
        if (node == decision::node_of(one.site) && is_down(i)) return true;
        if (plan_.group && std::find(plan_.group->members.begin(), plan_.group->members.end(), one.id) != plan_.group->members.end() && is_down(i)) ++down;
    }
    if (node.kind == decision::NodeKind::group) return down > 0 && static_cast<int>(plan_.group->members.size()) - down < plan_.group->needed;
    return std::any_of(plan_.edges.begin(), plan_.edges.end(), [&](const PlannedEdge& edge) {
        return node.kind == decision::NodeKind::site && edge.child == node && blocks(edge.parent, at);
    });
}

bool Bounds::is_blocked(std::size_t monitor, TimePoint at) const {
    const auto nodes = nodes_over(monitor);
    return std::any_of(nodes.begin(), nodes.end(), [&](decision::Node node) { return blocks(node, at); });
}

milliseconds Bounds::wait_for_parents(std::size_t monitor) const {
    milliseconds wait{0};
    // They are asked at once; an answer takes a time-out at most.
    for (const auto one : ancestors_of(monitor)) wait = std::max(wait, plan_.monitors[one].timeout + kLearned);
    return wait;
}

std::vector<Bounds::Span> Bounds::uncovered(const Segment& segment, std::size_t monitor) const {
    const auto& planned = plan_.monitors[monitor];
    const auto ancestors = ancestors_of(monitor);
    std::set<TimePoint> borders{segment.from, segment.to};
    const auto border = [&](TimePoint at) {
        if (at > segment.from && at < segment.to) borders.insert(at);
    };
    for (const auto at : plan_.edges_of_windows()) border(at);
    for (const auto one : ancestors) {
        for (const auto& span : known_[one].well) {
            border(span.from);
            border(span.to);
        }
    }
    std::vector<Span> spans;
    for (auto from = borders.begin(); std::next(from) != borders.end(); ++from) {
        if (plan_.maybe_in_maintenance(planned.id, planned.site, *from)) continue;
        if (!std::all_of(ancestors.begin(), ancestors.end(), [&](std::size_t one) { return within(known_[one].well, *from); })) continue;
        if (!spans.empty() && spans.back().to == *from) {
            spans.back().to = *std::next(from);
        } else {
            spans.push_back({*from, *std::next(from)});
        }
    }
    return spans;
}

void Bounds::judge_silence() {
    for (const auto& page : referee_.told()) {
        for (std::size_t monitor = 0; monitor < plan_.monitors.size(); ++monitor) {
            if (plan_.monitors[monitor].id == page.monitor) judge_page(page, monitor);
        }
    }
}

void Bounds::judge_page(const Page& page, std::size_t monitor) {
    const auto& planned = plan_.monitors[monitor];
    const auto wrong = [&](std::string_view why) { referee_.found(Finding::unsuppressed, fmt::format("{} was told at {}: {}", planned.name, at(page.at), why)); };
    if (plan_.surely_in_maintenance(planned.id, planned.site, page.at)) wrong("it is in maintenance");
    if (is_blocked(monitor, page.at)) wrong("a parent is down");
    if (page.scope != decision::Scope::outage) return;
    if (speaks_for(planned.id)) wrong("its group speaks for it");
    // A parent that went down before the child did cannot have been seen well since: the child waits.
    for (const auto node : nodes_over(monitor)) {
        for (std::size_t i = 0; i < plan_.monitors.size(); ++i) {
            const auto& parent = plan_.monitors[i];
            if (node != decision::node_of(parent.id) || page.at >= page.failing_since + std::min(parent.timeout * 2 + seconds{5}, kLongestDoubt)) continue;
            for (const auto& segment : known_[i].segments) {
                const bool throughout = segment.from + kClocks <= page.failing_since && page.at < segment.to && is_down(segment);
                if (throughout && within(known_[i].well, segment.from - milliseconds{1})) wrong(parent.name + " is down as well, and was not waited for");
            }
        }
    }
}

void Bounds::judge_group() {
    if (!plan_.group) return;
    const auto& group = *plan_.group;
    const MonitorId id{group.id.value()};
    std::vector<std::size_t> members;
    std::set<TimePoint> borders{plan_.start, plan_.end};
    for (std::size_t i = 0; i < plan_.monitors.size(); ++i) {
        if (std::find(group.members.begin(), group.members.end(), plan_.monitors[i].id) == group.members.end()) continue;
        members.push_back(i);
        for (const auto* spans : {&known_[i].well, &known_[i].told}) {
            for (const auto& span : *spans) borders.insert({span.from, span.to});
        }
    }
    for (const auto at : plan_.edges_of_windows()) borders.insert(at);
    const auto count = [&](auto which, TimePoint when) {
        return static_cast<int>(std::count_if(members.begin(), members.end(), [&](std::size_t one) { return within(known_[one].*which, when); }));
    };
    for (const auto& page : referee_.told()) {
        if (page.monitor != id) continue;
        if (plan_.surely_in_maintenance(id, group.site, page.at)) referee_.found(Finding::unsuppressed, "the group was told in maintenance at " + at(page.at));
        if (!group.pages) referee_.found(Finding::unsuppressed, "the group was told, and does not page");
        if (count(&Knowledge::well, page.at) >= group.needed) referee_.found(Finding::false_page, "the group was told with enough members well at " + at(page.at));
    }
    for (auto from = borders.begin(); std::next(from) != borders.end(); ++from) {
        const auto bound = *from + kLearned;
        if (bound >= *std::next(from)) continue;
        const bool in = member_at(id, decision::Scope::outage, bound);
        const bool enough = count(&Knowledge::well, *from) >= group.needed;
        const int down = count(&Knowledge::told, *from);
        const bool short_of = down > 0 && static_cast<int>(members.size()) - down < group.needed;
        if (enough && in) referee_.found(Finding::left_open, fmt::format("the group has enough members well since {}", at(*from)));
        if (!short_of || !group.pages || plan_.maybe_in_maintenance(id, group.site, *from)) continue;
        if (!in && !resolved_by_hand(id, plan_.start, bound)) referee_.found(Finding::missed, fmt::format("the group is down since {}, bound {}", at(*from), at(bound)));
    }
}

bool Bounds::is_calm(TimePoint from, TimePoint to) const {
    return std::all_of(known_.begin(), known_.end(), [&](const Knowledge& known) {
        return std::all_of(known.segments.begin(), known.segments.end(),
                           [&](const Segment& segment) { return segment.to <= from || to <= segment.from || (segment.calm && segment.lost.empty()); });
    });
}

void Bounds::judge_radius() {
    if (!plan_.edits.empty()) return;  // what a person has resolved is neither told nor withheld
    // Only what is plain: the one parent has none itself, and all that could cover the child otherwise is far away.
    for (std::size_t child = 0; child < plan_.monitors.size(); ++child) {
        const auto& planned = plan_.monitors[child];
        const auto nodes = nodes_over(child);
        const auto parents = parents_of(child);
        if (nodes.size() != 1 || nodes[0].kind != decision::NodeKind::monitor || parents.size() != 1 || !parents_of(parents[0]).empty()) continue;
        const auto& parent = plan_.monitors[parents[0]];
        for (const auto& above : known_[parents[0]].down) {
            for (const auto& below : known_[child].down) {
                const auto from = std::max(above.from, below.from) + kCounted;
                const auto to = std::min(above.to, below.to);
                if (from >= to || !is_calm(from - kCounted, to)) continue;
                if (plan_.maybe_in_maintenance(planned.id, planned.site, from - kCounted) || plan_.maybe_in_maintenance(planned.id, planned.site, from)) continue;
                const bool told = member_at(planned.id, decision::Scope::outage, from);  // it was, before its parent failed
                if (told || !member_at(parent.id, decision::Scope::outage, from - kCounted) || !member_at(parent.id, decision::Scope::outage, from)) continue;
                ++referee_.report().affected;
                if (referee_.affected_by(parent.site, from) > 0) continue;
                referee_.found(Finding::missed, fmt::format("the outage of {} does not count {}, which is not told because of it, at {}", parent.name, planned.name, at(from)));
            }
        }
    }
}

// The spell of an ill region that is not over long, if from before it until a while after `at` nothing else goes wrong that could disturb its judges.
const Spell* Bounds::ill_and_nothing_else(TimePoint at) const {
    const Spell* ill = nullptr;
    for (const auto& spell : plan_.spells) {
        if (spell.fault == Fault::ill_region && spell.from <= at && at < spell.to + kReleased) ill = &spell;
    }
    if (ill == nullptr || !plan_.edits.empty()) return nullptr;
    for (const auto& spell : plan_.spells) {
        const bool harmless = spell.fault == Fault::duplicates || spell.fault == Fault::garbage;
        if (&spell != ill && !harmless && spell.from - kBadConnection < at && spell.to + kDisturbed > ill->from) return nullptr;
    }
    return ill;
}

void Bounds::judge_regions() {
    if (!plan_.arbitrated) return;
    for (const auto& page : referee_.told()) {
        const auto* ill = ill_and_nothing_else(page.at);
        if (ill == nullptr || page.scope != decision::Scope::outage || page.seen_from != std::vector{ill->whom}) continue;
        for (std::size_t monitor = 0; monitor < plan_.monitors.size(); ++monitor) {
            if (plan_.monitors[monitor].id != page.monitor) continue;
            const bool really = std::any_of(plan_.illnesses.begin(), plan_.illnesses.end(), [&](const Illness& illness) {
                return illness.monitor == monitor && illness.from <= page.at && illness.to > ill->from - kDisturbed;
            });
            if (!really) referee_.found(Finding::false_page, fmt::format("{} was told at {} by {} alone, which was ill", plan_.monitors[monitor].name, at(page.at), ill->whom));
        }
    }
    const auto& edges = database_.region_edges;
    for (std::size_t region = 0; region < plan_.regions.size(); ++region) {
        const auto& name = plan_.regions[region].name;
        auto health = decision::Health::voting;
        for (const auto& edge : edges) {
            if (edge.region != region) continue;
            if (edge.health == health) referee_.found(Finding::duplicate, name + " was told twice to be so");
            health = edge.health;
        }
        if (health != decision::Health::voting) referee_.found(Finding::restless, name + " is in quarantine at the end");
    }
    for (const auto& spell : plan_.spells) {
        if (spell.fault != Fault::ill_region || ill_and_nothing_else(spell.to + kReleased - milliseconds{1}) != &spell) continue;
        ++referee_.report().ill_regions;
        const auto told = [&](decision::Health health, TimePoint from, TimePoint to) {
            return std::count_if(edges.begin(), edges.end(), [&](const RegionEdge& edge) {
                return plan_.regions[edge.region].name == spell.whom && edge.health == health && from <= edge.at && edge.at < to;
            });
        };
        if (told(decision::Health::quarantined, spell.from, spell.from + kQuarantined) != 1) referee_.found(Finding::missed, spell.whom + " is ill, and was not quarantined in time");
        if (told(decision::Health::voting, spell.to, spell.to + kReleased) != 1) referee_.found(Finding::left_open, spell.whom + " is well, and was not released in time");
    }
}

}  // namespace sonde::simulation
