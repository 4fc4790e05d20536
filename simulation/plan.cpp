#include "simulation/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "simulation/plan_relations.h"

namespace sonde::simulation {
namespace {

constexpr TimePoint kStart = from_unix_ms(1'800'000'000'000);
constexpr double kFaultChosen = 0.35;
constexpr double kRelationsChosen = 0.5;

check::Policy some_policy(Dice& dice) {
    check::Policy policy;
    if (dice.chance(0.3)) {
        policy.quorum.rule = dice.pick(std::vector{check::QuorumRule::all, check::QuorumRule::any, check::QuorumRule::at_least});
        if (policy.quorum.rule == check::QuorumRule::at_least) policy.quorum.at_least = static_cast<int>(dice.between(1, 3));
    }
    policy.recovery_rounds = static_cast<int>(dice.between(1, 3));
    policy.advisory_after = static_cast<int>(dice.between(1, 4));
    policy.confirm_attempts = static_cast<int>(dice.between(1, 3));
    policy.flapping.enabled = dice.chance(0.25);
    policy.flapping.changes = static_cast<int>(dice.between(3, 5));
    policy.flapping.calm = dice.between(seconds{10}, seconds{40});
    return policy;
}

std::vector<PlannedRegion> some_regions(Dice& dice) {
    const std::vector<std::string> names{"af", "ap", "eu", "sa", "us"};
    const auto count = dice.between(1, 9);  // three more often than others
    std::vector<PlannedRegion> regions;
    for (std::int64_t i = 0; i < (count > 5 ? 3 : count); ++i) {
        const auto& name = names[static_cast<std::size_t>(i)];
        regions.push_back({name, dice.chance(0.2) ? "shared" : name, dice.chance(0.25) ? 2 : 1});
    }
    return regions;
}

std::vector<std::string> some_of(Dice& dice, const std::vector<PlannedRegion>& regions) {
    std::vector<std::string> chosen;
    for (const auto& region : regions) {
        if (dice.chance(0.6)) chosen.push_back(region.name);
    }
    return chosen.size() == regions.size() ? std::vector<std::string>{} : chosen;
}

PlannedMonitor some_monitor(Dice& dice, int number, const std::vector<PlannedRegion>& regions) {
    PlannedMonitor monitor;
    // Identities spread over shards and shares, and yet the same with every run of the seed.
    monitor.id = MonitorId{static_cast<std::int64_t>(dice.roll() >> 2U)};
    monitor.name = fmt::format("m{}", number);
    monitor.interval = dice.pick(std::vector{seconds{5}, seconds{10}, seconds{20}, seconds{30}, seconds{60}});
    monitor.timeout = std::min<milliseconds>(dice.pick(std::vector{seconds{2}, seconds{4}, seconds{10}}), monitor.interval - seconds{1});
    monitor.rotates = regions.size() > 1 && dice.chance(0.15);
    if (monitor.rotates) monitor.interval = std::min<milliseconds>(monitor.interval, seconds{20});
    if (dice.chance(0.25)) monitor.regions = some_of(dice, regions);
    monitor.policy = some_policy(dice);
    return monitor;
}

void make_ill(Dice& dice, Plan& plan, std::size_t monitor) {
    auto at = plan.start + dice.between(milliseconds{0}, seconds{200});
    while (true) {
        Illness illness;
        illness.monitor = monitor;
        illness.from = at;
        const auto kind = dice.between(0, 9);
        const bool short_one = kind < 3;
        illness.to = at + (short_one ? dice.between(milliseconds{200}, seconds{20}) : dice.between(milliseconds{30'000}, seconds{400}));
        illness.cause = dice.pick(std::vector{check::FailureClass::connect_refused, check::FailureClass::connect_timeout, check::FailureClass::http_status});
        if (dice.chance(0.2)) {
            illness.verdict = check::Verdict::degraded;
            illness.cause = check::FailureClass::too_slow;
        }
        if (dice.chance(0.2)) illness.only_from = dice.pick(plan.regions).name;
        if (dice.chance(0.15)) illness.flap = dice.between(milliseconds{1000}, seconds{60});
        if (illness.to >= plan.calm) return;
        at = illness.to + dice.between(milliseconds{1000}, seconds{300});
        plan.illnesses.push_back(std::move(illness));
    }
}

// Of how many kinds of processes there are names to say who is hit.
std::string victim(Dice& dice, const Plan& plan, Fault fault) {
    switch (fault) {
        case Fault::bus_partition:
        case Fault::target_partition:
        case Fault::overload:
        case Fault::skew:
        case Fault::agent_crash: return dice.pick(plan.regions).name;
        case Fault::database_partition:
            if (dice.chance(0.3)) return fmt::format("scheduler-{}", dice.between(1, plan.schedulers));
            [[fallthrough]];
        case Fault::engine_crash:
        case Fault::engine_stop:
        case Fault::slow_engine: return fmt::format("engine-{}", dice.between(1, plan.engines));
        case Fault::scheduler_crash:
        case Fault::scheduler_stop: return fmt::format("scheduler-{}", dice.between(1, plan.schedulers));
        case Fault::stream_loss: {
            const auto which = dice.between(0, 2);
            if (which == 2) return "results";
            return fmt::format("{}.{}", which == 0 ? "jobs" : "urgent", dice.pick(plan.regions).name);
        }
        default: return {};
    }
}

void break_things(Dice& dice, Plan& plan, Fault fault) {
    const bool crash = fault == Fault::engine_crash || fault == Fault::scheduler_crash || fault == Fault::agent_crash;
    const bool always = fault == Fault::duplicates || fault == Fault::garbage;
    const auto times = always ? 1 : dice.between(1, crash ? 6 : 3);
    for (std::int64_t i = 0; i < times; ++i) {
        Spell spell{fault, dice.between(plan.start, plan.calm - seconds{1}), {}, victim(dice, plan, fault)};
        const auto longest = crash ? seconds{15} : dice.chance(0.5) ? seconds{20} : seconds{150};
        spell.to = std::min(spell.from + dice.between(milliseconds{100}, longest), plan.calm);
        // Past the lease, and not so long that the server ends the transaction first: then the fence is all there is.
        if (fault == Fault::engine_stop && dice.chance(0.5)) spell.to = std::min(spell.from + dice.between(milliseconds{5'000}, seconds{14}), plan.calm);
        if (always) spell = {fault, plan.start, plan.calm, {}};
        plan.spells.push_back(std::move(spell));
    }
}

void edit_things(Dice& dice, Plan& plan) {
    for (std::size_t monitor = 0; monitor < plan.monitors.size(); ++monitor) {
        auto at = plan.start + dice.between(milliseconds{1000}, seconds{300});
        bool paused = false;
        bool broken = false;
        while (at < plan.calm) {
            Edit edit;
            edit.at = at;
            edit.monitor = monitor;
            edit.kind = static_cast<EditKind>(dice.between(0, static_cast<std::int64_t>(EnumNames<EditKind>::names.size()) - 1));
            if (edit.kind == EditKind::remove && dice.chance(0.9)) edit.kind = EditKind::touch_spec;
            if (broken && dice.chance(0.5)) edit.kind = EditKind::mend_spec;
            if (paused) edit.kind = EditKind::resume;
            if (edit.kind == EditKind::policy) edit.policy = some_policy(dice);
            if (edit.kind == EditKind::regions) edit.regions = some_of(dice, plan.regions);
            if (edit.kind == EditKind::break_spec) broken = true;
            if (edit.kind == EditKind::mend_spec) broken = false;
            paused = edit.kind == EditKind::pause;
            const bool removed = edit.kind == EditKind::remove;
            plan.edits.push_back(std::move(edit));
            if (removed) break;
            at += dice.between(milliseconds{2000}, seconds{400});
        }
        // What is still broken or paused is not by the time of rest.
        const bool removed = !plan.edits.empty() && plan.edits.back().monitor == monitor && plan.edits.back().kind == EditKind::remove;
        if (broken && !removed) plan.edits.push_back({plan.calm, monitor, EditKind::mend_spec, {}, {}});
        if (paused && !removed) plan.edits.push_back({plan.calm, monitor, EditKind::resume, {}, {}});
    }
    std::stable_sort(plan.edits.begin(), plan.edits.end(), [](const Edit& a, const Edit& b) { return a.at < b.at; });
}

}  // namespace

std::string moment(const Plan& plan, TimePoint at) { return fmt::format("{:.3f}", static_cast<double>((at - plan.start).count()) / 1000); }

std::set<Fault> all_faults() {
    std::set<Fault> all;
    for (std::size_t i = 0; i < EnumNames<Fault>::names.size(); ++i) all.insert(static_cast<Fault>(i));
    return all;
}

bool Plan::has(Fault fault) const {
    return std::any_of(spells.begin(), spells.end(), [&](const Spell& spell) { return spell.fault == fault; });
}

Plan make_plan(const Options& options) {
    Dice dice(options.seed);
    Plan plan;
    plan.start = kStart + dice.between(milliseconds{0}, std::chrono::hours{24});
    plan.calm = plan.start + options.length;
    plan.regions = some_regions(dice);
    plan.engines = dice.chance(0.5) ? 2 : 1;
    plan.schedulers = dice.chance(0.4) ? 2 : 1;
    if (options.sabotage == Sabotage::no_fence) plan.engines = 2;
    SiteId site;
    milliseconds longest{0};
    for (int i = 0; i < options.monitors; ++i) {
        auto monitor = some_monitor(dice, i + 1, plan.regions);
        if (i == 0 || dice.chance(0.5)) site = SiteId{static_cast<std::int64_t>(dice.roll() >> 2U)};
        monitor.site = site;
        longest = std::max(longest, monitor.interval * (monitor.rotates ? static_cast<std::int64_t>(plan.regions.size()) : 1));
        plan.monitors.push_back(std::move(monitor));
    }
    plan.end = plan.calm + seconds{60} + longest * 5;  // the slowest recovers, and leases and messages run out
    for (std::size_t i = 0; i < plan.monitors.size(); ++i) make_ill(dice, plan, i);
    for (const auto fault : all_faults()) {
        // Chosen also for those left out, so that fewer faults leave the rest of a seed as it is.
        Dice own(dice.roll() ^ static_cast<std::uint64_t>(fault));
        // A mistake that was put in is looked for with all of those that show it.
        const bool chosen = own.chance(fault >= Fault::ill_region ? kRelationsChosen : kFaultChosen) || options.sabotage != Sabotage::none;
        if (!chosen || !options.faults.contains(fault)) continue;
        if (fault == Fault::edits) {
            edit_things(own, plan);
        } else if (fault == Fault::ill_region) {
            if (options.monitors >= kSitesToArbitrate) plan_ill_region(own, plan);
        } else if (fault == Fault::maintenance) {
            plan_windows(own, plan);
        } else if (fault == Fault::dependencies) {
            plan_dependencies(own, plan);
        } else {
            break_things(own, plan, fault);
        }
    }
    return plan;
}

std::vector<std::string> describe(const Plan& plan) {
    std::vector<std::string> lines;
    for (const auto& region : plan.regions) lines.push_back(fmt::format("region {} in {}, agents {}", region.name, region.domain, region.agents));
    for (const auto& monitor : plan.monitors) {
        lines.push_back(fmt::format("monitor {} of site {:x}: every {} ms within {} ms{}{}, {}, recovers after {}", monitor.name, monitor.site.value() & 0xffff,
                                    monitor.interval.count(), monitor.timeout.count(), monitor.rotates ? ", in turn" : "",
                                    monitor.regions.empty() ? "" : fmt::format(" from {}", fmt::join(monitor.regions, " ")),
                                    check::describe(monitor.policy), monitor.policy.recovery_rounds));
    }
    for (const auto& illness : plan.illnesses) {
        lines.push_back(fmt::format("truth {}..{} {} {}({}){}{}", moment(plan, illness.from), moment(plan, illness.to), plan.monitors[illness.monitor].name,
                                    name_of(illness.verdict), name_of(illness.cause), illness.only_from.empty() ? "" : " from " + illness.only_from + " only",
                                    illness.flap.count() == 0 ? "" : fmt::format(", flapping every {} ms", illness.flap.count())));
    }
    for (const auto& spell : plan.spells) {
        lines.push_back(fmt::format("fault {}..{} {} {}", moment(plan, spell.from), moment(plan, spell.to), name_of(spell.fault), spell.whom));
    }
    for (const auto& edit : plan.edits) {
        lines.push_back(fmt::format("edit {} {} {}", moment(plan, edit.at), plan.monitors[edit.monitor].name, name_of(edit.kind)));
    }
    describe_relations(plan, lines);
    lines.push_back(fmt::format("engines {}, schedulers {}, calm from {}, end {}", plan.engines, plan.schedulers, moment(plan, plan.calm), moment(plan, plan.end)));
    return lines;
}

}  // namespace sonde::simulation
