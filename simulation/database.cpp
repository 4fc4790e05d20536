#include "simulation/database.h"

#include <algorithm>

namespace sonde::simulation {
namespace {

constexpr milliseconds kIdleInTransaction{15'000};
constexpr double kCommitUnknown = 0.1;  // of the commits while a way to the database is about to break: done, and not told

}  // namespace

Database::Database(Clockwork& clockwork, Dice& dice, const Weather& weather, Trace& trace, const Plan& plan)
    : clockwork_(clockwork), dice_(dice), weather_(weather), trace_(trace), plan_(plan) {
    region_health.resize(plan.regions.size());
    window_versions.resize(plan.windows.size());
    for (std::size_t i = 0; i < plan.monitors.size(); ++i) {
        MonitorRow row;
        row.planned = plan.monitors[i];
        row.index = i;
        row.created_at = plan.start;
        monitors.push_back(std::move(row));
    }
}

void Database::reach(const Process& process) const {
    if (!weather_.database_reached(process.name(), clockwork_.now())) throw Unreachable("the database cannot be reached");
}

std::vector<Lease> Database::hold(const Process& process, const std::string& owner, const std::vector<std::string>& names, std::size_t at_most,
                                  milliseconds duration) {
    reach(process);
    const auto now = clockwork_.now();
    std::vector<Lease> held;
    const auto keep = [&](const std::string& name, LeaseRow& row) {
        row.expires = now + duration;
        held.push_back({name, row.epoch});
    };
    std::size_t mine = 0;
    for (const auto& name : names) {
        const auto found = leases_.find(name);
        if (found == leases_.end() || found->second.owner != owner) continue;
        if (++mine <= at_most) {
            keep(name, found->second);
        } else {
            found->second.owner.clear();
            found->second.expires = TimePoint::min();
        }
    }
    for (const auto& name : names) {
        if (held.size() >= at_most) break;
        auto& row = leases_[name];
        if (row.owner == owner || row.expires > now || row.locks > 0) continue;
        row.owner = owner;
        ++row.epoch;
        keep(name, row);
    }
    return held;
}

void Database::release(const std::string& owner, const std::vector<std::string>& names) {
    for (const auto& name : names) {
        auto& row = leases_[name];
        if (row.owner != owner) continue;
        row.owner.clear();
        row.expires = TimePoint::min();
    }
}

void Database::fence(const std::string& owner, const std::vector<Lease>& leases) const {
    for (const auto& lease : leases) {
        const auto found = leases_.find(lease.name);
        if (found == leases_.end() || found->second.owner != owner || found->second.epoch != lease.epoch) throw FencedOff(owner + " lost the lease " + lease.name);
    }
}

int Database::live(std::string_view beginning) const {
    return static_cast<int>(std::count_if(leases_.begin(), leases_.end(), [&](const auto& entry) {
        return entry.first.starts_with(beginning) && entry.second.expires > clockwork_.now();
    }));
}

std::vector<std::size_t> Database::changes_since(std::size_t& place) const {
    std::vector<std::size_t> found(changes_.begin() + static_cast<std::ptrdiff_t>(place), changes_.end());
    place = changes_.size();
    return found;
}

std::shared_ptr<OpenTransaction> Database::begin(Process& process, const std::string& owner, const std::vector<Lease>& leases, bool fenced) {
    reach(process);
    if (fenced) fence(owner, leases);
    auto made = std::make_shared<OpenTransaction>();
    if (fenced) {
        for (const auto& lease : leases) {
            made->locked.insert(lease.name);
            ++leases_[lease.name].locks;
        }
    }
    // Of a process that died the server hears soon, of one that is stopped or cut off not at all.
    clockwork_.after(kIdleInTransaction, [this, made] {
        if (made->over) return;
        made->aborted = made->over = true;
        unlock(*made);
    });
    return made;
}

bool Database::about_to_break(const std::string& process) const {
    const auto now = clockwork_.now();
    return std::any_of(plan_.spells.begin(), plan_.spells.end(), [&](const Spell& spell) {
        return spell.fault == Fault::database_partition && spell.whom == process && spell.from - kBadConnection <= now && now < spell.from;
    });
}

void Database::unlock(OpenTransaction& transaction) {
    for (const auto& name : transaction.locked) --leases_[name].locks;
    transaction.locked.clear();
}

// Before anything is written: nothing of a refused transaction is there.
void Database::check(const engine::Writes& writes) const {
    std::map<std::pair<SiteId, decision::Scope>, IncidentId> open;
    for (const auto& [id, incident] : incidents) {
        const auto changed = writes.incidents.find(id);
        const auto& now = changed == writes.incidents.end() ? incident : changed->second;
        if (now.state != decision::IncidentState::resolved) open.emplace(std::pair(now.site, now.scope), id);
    }
    for (const auto& [id, incident] : writes.incidents) {
        if (incident.state == decision::IncidentState::resolved) continue;
        if (!open.emplace(std::pair(incident.site, incident.scope), id).second && open.at({incident.site, incident.scope}) != id) {
            throw Refused("incident_one_open: a second open incident of a site and scope");
        }
    }
    for (const auto& row : writes.timeline) {
        if (timeline_.contains({row.incident, row.entry.seq})) throw Refused("incident_event: a second entry with the same seq");
    }
    for (const auto& answer : writes.answers) {
        const auto found = std::find_if(commands.begin(), commands.end(), [&](const CommandRow& row) { return row.number == answer.command; });
        if (found != commands.end() && found->done) throw Refused("incident_command: answered twice");
    }
}

void Database::commit(Process& process, OpenTransaction& transaction, const engine::Writes& writes, const std::vector<engine::Seen>& results,
                      TimePoint, bool count_again) {
    reach(process);
    if (transaction.aborted) throw Unreachable("the transaction was idle for too long");
    transaction.over = true;
    unlock(transaction);
    check(writes);
    for (const auto& seen : results) {
        const bool fresh = results_.insert({seen.result->monitor, seen.result->slot, std::string(seen.region_name), seen.result->attempt}).second;
        if (!fresh && !count_again) throw Refused("result: the same twice in one transaction");
        if (seen.result->attempt == 0) ++ledger[{scheduler::minute_of(seen.result->slot), std::string(seen.region_name)}].executed;
    }
    for (const auto& [monitor, state] : writes.states) states.insert_or_assign(monitor, decision::write_state(state));
    for (const auto monitor : writes.forgotten) states.erase(monitor);
    if (on_commit) on_commit(process.name(), writes);
    for (const auto& [id, incident] : writes.incidents) incidents.insert_or_assign(id, incident);
    for (const auto& row : writes.timeline) timeline_.emplace(row.incident, row.entry.seq);
    for (const auto& answer : writes.answers) {
        for (auto& row : commands) row.done = row.done || row.number == answer.command;
    }
    write_advisories(writes);
    for (const auto& [id, state] : writes.groups) groups.insert_or_assign(id, decision::write_state(state));
    footings.insert(footings.end(), writes.footings.begin(), writes.footings.end());
    const auto is_counted = [](const engine::SuppressionRow& row) { return row.withheld && row.withheld->by == decision::Cover::dependency; };
    for (const auto& row : writes.suppressions) {
        const auto before = suppressed.find({row.monitor, row.scope});
        const bool counted = before != suppressed.end() && is_counted(before->second);
        if (before != suppressed.end()) suppressed.erase(before);
        if (row.withheld) suppressed.emplace(std::pair(row.monitor, row.scope), row);
        if (counted || is_counted(row)) ++radius_changes;
    }
    outbox.insert(outbox.end(), writes.events.begin(), writes.events.end());
    if (about_to_break(process.name()) && dice_.chance(kCommitUnknown)) {
        trace_.line(process.name(), "commits, and is not told so");
        throw Unreachable("the connection broke in the commit");
    }
}

// In their order: an advisory of a monitor is closed before its new one opens.
void Database::write_advisories(const engine::Writes& writes) {
    for (const auto& row : writes.advisories) {
        if (row.closed) {
            const auto found = advisories_.find(row.monitor);
            if (found != advisories_.end() && found->second == row.advisory.id) advisories_.erase(found);
        } else if (!advisories_.emplace(row.monitor, row.advisory.id).second && advisories_.at(row.monitor) != row.advisory.id) {
            throw Refused("advisory_one_open: a second open advisory of a monitor");
        }
    }
}

void Database::edit(const Edit& edit, int shard) {
    auto& row = monitors[edit.monitor];
    trace_.line("people", "{} {}", name_of(edit.kind), row.planned.name);
    switch (edit.kind) {
        case EditKind::acknowledge:
        case EditKind::comment:
        case EditKind::resolve:
            commands.push_back({static_cast<std::int64_t>(commands.size()) + 1, shard, row.planned.site, edit.kind, false});
            return;
        case EditKind::break_spec: row.well = false; ++row.spec; break;
        case EditKind::mend_spec: row.well = true; ++row.spec; break;
        case EditKind::touch_spec: ++row.spec; break;
        case EditKind::policy: row.planned.policy = edit.policy; break;
        case EditKind::regions: row.planned.regions = edit.regions; break;
        case EditKind::rename: row.planned.name += "'"; break;
        case EditKind::pause: row.paused = true; break;
        case EditKind::resume: row.paused = false; break;
        case EditKind::remove: row.deleted = true; break;
    }
    ++row.version;
    row.specs.emplace_back(row.spec, row.well);
    changes_.push_back(edit.monitor);
}

decision::RadiusSeen Database::radius_of(const decision::Incident& incident) const {
    std::set<MonitorId> affected;
    std::set<SiteId> sites;
    for (const auto& [key, row] : suppressed) {
        if (!row.withheld || row.withheld->by != decision::Cover::dependency) continue;
        const auto root = row.withheld->root.id;
        if (root != incident.site.value() && !incident.has(MonitorId{root})) continue;
        affected.insert(row.monitor);
        sites.insert(row.site);
    }
    return {static_cast<int>(affected.size()), static_cast<int>(sites.size())};
}

void Database::edit_window(std::size_t window) {
    trace_.line("people", "say anew when window {} is", window + 1);
    ++window_versions[window];
    ++window_edits;
}

TimePoint Database::open_cursor(const std::string& owner, const Lease& lease, int share, TimePoint now) {
    fence(owner, {lease});
    auto& cursor = cursors[static_cast<std::size_t>(share)];
    if (!cursor) cursor = first_cursors[static_cast<std::size_t>(share)] = now;
    return *cursor;
}

std::vector<bool> Database::write_moves(const Process& process, const std::string& owner, const std::vector<Lease>& held,
                                        const std::vector<scheduler::CursorMove>& moves, const std::vector<std::string>& region_names) {
    reach(process);
    fence(owner, held);
    std::vector<bool> written;
    for (const auto& move : moves) {
        auto& cursor = cursors[static_cast<std::size_t>(move.share)];
        written.push_back(cursor == move.from || cursor == move.to);
        if (cursor != move.from || move.from == move.to) continue;
        cursor = move.to;
        for (const auto& [key, count] : move.counts) {
            auto& row = ledger[{key.first, region_names[key.second]}];
            row.expected += count.expected;
            row.skipped += count.skipped;
        }
    }
    if (about_to_break(process.name()) && dice_.chance(kCommitUnknown)) throw Unreachable("the connection broke in the commit");
    return written;
}

}  // namespace sonde::simulation
