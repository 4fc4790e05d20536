#include "simulation/bounds.h"

#include <algorithm>

namespace sonde::simulation {
namespace {

// What a crash or a cut takes to be overcome: leases of five seconds and their renewal, answers waited for as long.
constexpr milliseconds kAftermath{10'000};
// An agent's clock is believed anew when the samples from before the jump are forgotten.
constexpr milliseconds kClockLearned{60'000};
// Ticks, the way of messages, the polling of edits.
constexpr milliseconds kSlack{4'000};
// Four times the hold.
constexpr milliseconds kLongestHold{60'000};
// What was withheld in a window is told at its end: a batch that is under way, and one of its own.
constexpr milliseconds kTellsAtEdge{1'000};

bool concerns_region(Fault fault) {
    return fault == Fault::bus_partition || fault == Fault::overload || fault == Fault::agent_crash || fault == Fault::skew;
}
bool is_harmless(Fault fault) { return fault == Fault::duplicates || fault == Fault::garbage || fault == Fault::target_partition || fault == Fault::ill_region; }

struct Disturbance {
    TimePoint from;
    TimePoint to;
    std::string region;  // empty: everybody
};

std::vector<Disturbance> disturbances_of(const Plan& plan) {
    std::vector<Disturbance> found;
    for (const auto& spell : plan.spells) {
        // Where regions are judged, such a one votes or does not.
        const bool ill = spell.fault == Fault::target_partition || spell.fault == Fault::ill_region;
        if (plan.arbitrated && ill) found.push_back({spell.from, spell.to + kReleased, spell.whom});
        if (is_harmless(spell.fault)) continue;
        if (spell.fault == Fault::skew) {
            found.push_back({spell.from, spell.to + kClockLearned, spell.whom});
        } else if (spell.fault == Fault::database_partition) {
            found.push_back({spell.from - kBadConnection, spell.to + kAftermath, {}});
        } else if (concerns_region(spell.fault)) {
            found.push_back({spell.from, spell.to + kAftermath, spell.whom});
        } else if (spell.fault == Fault::stream_loss && spell.whom.starts_with("jobs.")) {
            found.push_back({spell.from, spell.to + kAftermath, spell.whom.substr(5)});
        } else {
            found.push_back({spell.from, spell.to + kAftermath, {}});
        }
    }
    found.push_back({plan.start, plan.start + kAftermath, {}});  // everything starts
    return found;
}

void apply(const Edit& edit, PlannedMonitor& planned, bool& well, bool& watched) {
    switch (edit.kind) {
        case EditKind::break_spec: well = false; break;
        case EditKind::mend_spec: well = true; break;
        case EditKind::policy: planned.policy = edit.policy; break;
        case EditKind::regions: planned.regions = edit.regions; break;
        case EditKind::pause:
        case EditKind::remove: watched = false; break;
        case EditKind::resume: watched = true; break;
        default: break;
    }
}

bool is_command(EditKind kind) { return kind == EditKind::acknowledge || kind == EditKind::comment || kind == EditKind::resolve; }

// The worst case over what the lost domains may do.
int most_needed_down(const check::Quorum& quorum, int sure, int domains) {
    int most = 0;
    for (int fresh = sure; fresh <= domains; ++fresh) most = std::max(most, domains_needed_down(quorum, fresh, domains));
    return most;
}
int most_needed_up(const check::Quorum& quorum, int sure, int domains) {
    int most = 0;
    for (int fresh = sure; fresh <= domains; ++fresh) most = std::max(most, domains_needed_up(quorum, fresh, domains));
    return most;
}

}  // namespace

milliseconds bound_down(const PlannedMonitor& monitor, milliseconds cadence, int domains) {
    const bool in_place = domains_needed_down(monitor.policy.quorum, domains, domains) == 1;
    const auto& policy = monitor.policy;
    // An answer that was asked for before and got lost is given up first.
    if (in_place) return cadence + monitor.timeout + (policy.confirm_attempts + 1) * (policy.confirm_delay + monitor.timeout) + seconds{2} + kSlack;
    return cadence + 2 * monitor.timeout + kSlack;
}

milliseconds bound_up(const PlannedMonitor& monitor, milliseconds cadence) {
    // Where it changed often, it has been well for a while first.
    const auto calm = monitor.policy.flapping.enabled ? monitor.policy.flapping.calm + cadence : milliseconds{0};
    return cadence * monitor.policy.recovery_rounds + 2 * monitor.timeout + calm + kSlack;
}

milliseconds Bounds::cadence_of(const Segment& segment) {
    return segment.planned.interval * (segment.planned.rotates ? static_cast<std::int64_t>(segment.regions.size()) : 1);
}

void Bounds::look(Segment& segment, std::size_t monitor, bool well) const {
    struct Domain {
        int regions = 0;
        int counted[3] = {0, 0, 0};
    };
    std::map<std::string, Domain> domains;
    for (const auto& region : plan_.regions) {
        const auto& names = segment.planned.regions;
        if (!names.empty() && std::find(names.begin(), names.end(), region.name) == names.end()) continue;
        segment.regions.push_back(region.name);
        auto& domain = domains[region.domain];
        ++domain.regions;
        if (segment.lost.contains(region.name)) continue;
        ++domain.counted[static_cast<int>(weather_.see(monitor, region.name, well, segment.from).verdict)];
    }
    segment.domains = static_cast<int>(domains.size());
    for (const auto& [name, domain] : domains) {
        segment.sure += domain.counted[0] + domain.counted[1] + domain.counted[2] > 0 ? 1 : 0;
        segment.up += 2 * domain.counted[0] > domain.regions ? 1 : 0;
        segment.better += 2 * domain.counted[0] > domain.regions || 2 * domain.counted[1] > domain.regions ? 1 : 0;
        segment.down += 2 * domain.counted[2] > domain.regions ? 1 : 0;
    }
    std::erase_if(segment.lost, [&](const std::string& region) { return std::find(segment.regions.begin(), segment.regions.end(), region) == segment.regions.end(); });
}

std::vector<Bounds::Segment> Bounds::segments_of(std::size_t monitor) const {
    std::set<TimePoint> borders{plan_.start, plan_.end};
    const auto border = [&](TimePoint when) {
        if (when > plan_.start && when < plan_.end) borders.insert(when);
    };
    for (const auto& illness : plan_.illnesses) {
        if (illness.monitor != monitor) continue;
        border(illness.to);
        for (auto when = illness.from; when < illness.to; when += illness.flap) {
            border(when);
            if (illness.flap.count() == 0) break;
        }
    }
    const auto disturbances = disturbances_of(plan_);
    for (const auto& spell : plan_.spells) {
        if (spell.fault != Fault::target_partition && spell.fault != Fault::ill_region) continue;
        border(spell.from);
        border(spell.to);
    }
    for (const auto& one : disturbances) {
        border(one.from);
        border(one.to);
    }
    for (const auto& edit : plan_.edits) {
        if (edit.monitor == monitor && !is_command(edit.kind)) border(edit.at);
    }

    std::vector<Segment> segments;
    auto planned = plan_.monitors[monitor];
    bool well = true;
    bool watched = true;
    for (auto from = borders.begin(); std::next(from) != borders.end(); ++from) {
        for (const auto& edit : plan_.edits) {
            if (edit.monitor == monitor && edit.at == *from) apply(edit, planned, well, watched);
        }
        Segment segment;
        segment.from = *from;
        segment.to = *std::next(from);
        segment.planned = planned;
        segment.watched = watched;
        for (const auto& one : disturbances) {
            if (one.from > *from || *from >= one.to) continue;
            if (one.region.empty()) segment.calm = false;
            segment.lost.insert(one.region);
        }
        look(segment, monitor, well);
        segments.push_back(std::move(segment));
    }
    return segments;
}

bool Bounds::member_at(MonitorId monitor, decision::Scope scope, TimePoint when) const {
    bool in = false;
    for (const auto& change : referee_.membership(monitor, scope)) {
        if (change.at > when) break;
        in = change.in;
    }
    return in;
}

void Bounds::judge() {
    for (std::size_t monitor = 0; monitor < plan_.monitors.size(); ++monitor) known_.push_back(knowledge_of(monitor));
    for (std::size_t monitor = 0; monitor < plan_.monitors.size(); ++monitor) judge_monitor(monitor);
    judge_silence();
    judge_group();
    judge_radius();
    judge_regions();
    judge_ledger();
    judge_told();
    judge_rest();
}

// What one domain alone sees waits besides until its regions are judged.
milliseconds Bounds::bound_of(const Segment& segment) const {
    const auto judged = plan_.arbitrated && segment.down < 2 ? kLongestHold : milliseconds{0};
    return bound_down(segment.planned, cadence_of(segment), segment.domains) + judged;
}

bool Bounds::is_down(const Segment& segment) {
    const auto& quorum = segment.planned.policy.quorum;
    return is_judged(segment) && segment.down >= most_needed_down(quorum, segment.sure, segment.domains) && segment.sure >= domains_needed_fresh(quorum, segment.domains);
}

bool Bounds::is_better(const Segment& segment) {
    const auto& quorum = segment.planned.policy.quorum;
    return is_judged(segment) && segment.better >= most_needed_up(quorum, segment.sure, segment.domains) && segment.sure >= domains_needed_fresh(quorum, segment.domains);
}

Bounds::Knowledge Bounds::knowledge_of(std::size_t monitor) const {
    Knowledge known;
    known.segments = segments_of(monitor);
    const auto add = [](std::vector<Span>& spans, TimePoint from, TimePoint to) {
        if (from <= to) spans.push_back({from, to});
    };
    for (const auto& segment : known.segments) {
        if (is_down(segment)) add(known.down, segment.from + bound_of(segment), segment.to);
        if (is_better(segment)) add(known.well, segment.from + bound_up(segment.planned, cadence_of(segment)), segment.to);
    }
    return known;
}

bool Bounds::within(const std::vector<Span>& spans, TimePoint at) {
    return std::any_of(spans.begin(), spans.end(), [at](const Span& span) { return span.from <= at && at < span.to; });
}

void Bounds::judge_monitor(std::size_t monitor) {
    TimePoint well_since = plan_.start;  // the last time it was certainly well and known to be
    for (const auto& segment : known_[monitor].segments) {
        if (!is_judged(segment)) continue;
        if (is_down(segment)) judge_told_parts(segment, monitor, well_since);
        if (is_better(segment) && segment.to - segment.from >= bound_up(segment.planned, cadence_of(segment))) {
            judge_up(segment, monitor);
            well_since = segment.to;
        }
        judge_slots(segment);
    }
}

bool Bounds::resolved_by_hand(MonitorId monitor, TimePoint from, TimePoint to) const {
    const auto& all = referee_.resolved_by_hand(monitor);
    return std::any_of(all.begin(), all.end(), [&](TimePoint when) { return when >= from && when <= to; });
}

void Bounds::judge_told_parts(const Segment& segment, std::size_t monitor, TimePoint well_since) {
    const auto confirmed = segment.from + bound_of(segment);
    if (confirmed > segment.to) return;
    const auto& planned = plan_.monitors[monitor];
    const bool silent = speaks_for(planned.id);
    bool told_at_once = false;
    for (const auto& span : uncovered(segment, monitor)) {
        auto told_by = confirmed + wait_for_parents(monitor);
        if (span.from > segment.from) {
            // A parent that is well again says nothing of its child: that is looked at anew.
            const bool window_ended = plan_.maybe_in_maintenance(planned.id, planned.site, span.from - milliseconds{1});
            told_by = std::max(told_by, span.from + (window_ended ? kTellsAtEdge : planned.timeout + kSlack));
        }
        if (told_by > span.to) continue;
        told_at_once = told_at_once || span.from <= confirmed;
        known_[monitor].told.push_back({told_by, span.to});
        if (!silent) judge_down(segment, monitor, well_since, told_by);
    }
    if (!told_at_once) ++referee_.report().silenced;
    judge_stays(segment, monitor, confirmed);
}

// Whatever covers it: what is open stays so while it lasts.
void Bounds::judge_stays(const Segment& segment, std::size_t monitor, TimePoint since) {
    const auto id = plan_.monitors[monitor].id;
    bool was_in = member_at(id, decision::Scope::outage, since);
    for (const auto& change : referee_.membership(id, decision::Scope::outage)) {
        if (change.at <= since || change.at >= segment.to) continue;
        if (was_in && !change.in && !resolved_by_hand(id, since, change.at)) {
            referee_.found(Finding::false_resolve, fmt::format("{} down {}..{}, and over at {}", segment.planned.name, at(segment.from), at(segment.to), at(change.at)));
        }
        was_in = change.in;
    }
}

void Bounds::judge_down(const Segment& segment, std::size_t monitor, TimePoint well_since, TimePoint told_by) {
    const auto id = plan_.monitors[monitor].id;
    // What a person has resolved is not opened again before it was well.
    if (resolved_by_hand(id, well_since, segment.to)) return;
    ++referee_.report().outages;
    if (member_at(id, decision::Scope::outage, told_by)) return;
    for (const auto& change : referee_.membership(id, decision::Scope::outage)) {
        if (change.in && change.at > told_by && change.at <= segment.to) {
            return referee_.found(Finding::late, fmt::format("{} down since {}, bound {}, opened {}", segment.planned.name, at(segment.from), at(told_by), at(change.at)));
        }
    }
    referee_.found(Finding::missed, fmt::format("{} down {}..{}, bound {}", segment.planned.name, at(segment.from), at(segment.to), at(told_by)));
}

void Bounds::judge_up(const Segment& segment, std::size_t monitor) {
    const auto id = plan_.monitors[monitor].id;
    const auto cadence = cadence_of(segment);
    const auto bound = segment.from + bound_up(segment.planned, cadence);
    const auto describe = [&](std::string_view scope) {
        return fmt::format("{} well {}..{}, bound {}, still in the {}", segment.planned.name, at(segment.from), at(segment.to), at(bound), scope);
    };
    if (member_at(id, decision::Scope::outage, bound)) return referee_.found(Finding::left_open, describe("outage"));
    const bool up = segment.up >= most_needed_up(segment.planned.policy.quorum, segment.sure, segment.domains);
    // An outage that ends in a warning takes its rounds twice.
    if (up && segment.to >= bound + cadence * segment.planned.policy.recovery_rounds &&
        member_at(id, decision::Scope::warning, bound + cadence * segment.planned.policy.recovery_rounds)) {
        referee_.found(Finding::left_open, describe("warning"));
    }
}

}  // namespace sonde::simulation
