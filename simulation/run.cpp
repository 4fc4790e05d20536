#include "simulation/run.h"

#include <fmt/ranges.h>

#include <memory>

#include "simulation/agent.h"
#include "simulation/bounds.h"
#include "simulation/engine.h"
#include "simulation/scheduler.h"

namespace sonde::simulation {
namespace {

class Run {
public:
    explicit Run(const Options& options)
        : plan_(make_plan(options)),
          dice_(~options.seed),
          weather_(plan_),
          clockwork_(plan_.start),
          trace_(clockwork_, options.trace),
          bus_(clockwork_, dice_, weather_, trace_),
          database_(clockwork_, dice_, weather_, trace_, plan_),
          referee_(clockwork_, plan_, database_, trace_) {
        for (auto& line : describe(plan_)) trace_.plain("# " + line);
        make_bus();
        database_.on_commit = [this](const std::string& engine, const engine::Writes& writes) { referee_.committed(engine, writes); };
        for (int i = 1; i <= plan_.engines; ++i) {
            engines_.push_back(std::make_unique<Engine>(
                Engine::World{clockwork_, dice_, bus_, database_, referee_, trace_, plan_, weather_, options.sabotage}, fmt::format("engine-{}", i)));
        }
        for (int i = 1; i <= plan_.schedulers; ++i) {
            schedulers_.push_back(std::make_unique<Scheduler>(clockwork_, dice_, bus_, database_, trace_, plan_, options.sabotage, fmt::format("scheduler-{}", i)));
        }
        for (const auto& region : plan_.regions) {
            for (int i = 1; i <= region.agents; ++i) {
                agents_[region.name].push_back(std::make_unique<Agent>(
                    Agent::World{clockwork_, dice_, bus_, database_, weather_, referee_, trace_, plan_}, region.name, fmt::format("{}/agent-{}", region.name, i)));
            }
        }
    }

    Report report() {
        start();
        for (const auto& spell : plan_.spells) plan_spell(spell);
        for (const auto& edit : plan_.edits) {
            clockwork_.at(edit.at, [this, &edit] { database_.edit(edit, shard_of(plan_.monitors[edit.monitor].site)); });
        }
        for (std::size_t window = 0; window < plan_.windows.size(); ++window) {
            const auto& versions = plan_.windows[window].versions;
            for (std::size_t i = 1; i < versions.size(); ++i) clockwork_.at(versions[i].said, [this, window] { database_.edit_window(window); });
        }
        clockwork_.run_until(plan_.end);
        Bounds(plan_, weather_, database_, referee_).judge();
        auto report = std::move(referee_.report());
        report.happened = clockwork_.happened();
        report.results = database_.results().size();
        report.trace = std::move(trace_.lines());
        return report;
    }

private:
    // As lib/bus/topology.cpp has them.
    void make_bus() {
        for (const auto& region : plan_.regions) {
            bus_.add_stream("jobs." + region.name, seconds{8}, seconds{120});
            bus_.add_stream("urgent." + region.name, seconds{8}, seconds{60});
        }
        for (int shard = 0; shard < kShards; ++shard) bus_.add_stream(fmt::format("results.{}", shard), seconds{6}, std::chrono::hours{24});
        bus_.on_lost = [this](const std::string& stream, const std::string& payload) { referee_.lost_in_bus(stream, payload); };
    }

    void start() {
        const auto soon = [&](Process& process) {
            clockwork_.after(dice_.between(milliseconds{0}, milliseconds{1000}), [&process] { process.start(); });
        };
        for (const auto& one : engines_) soon(*one);
        for (const auto& one : schedulers_) soon(*one);
        for (const auto& [region, all] : agents_) {
            for (const auto& one : all) soon(*one);
        }
    }

    Process* find(const std::string& name) {
        for (const auto& one : engines_) {
            if (one->name() == name) return one.get();
        }
        for (const auto& one : schedulers_) {
            if (one->name() == name) return one.get();
        }
        return nullptr;
    }

    void plan_spell(const Spell& spell) {
        switch (spell.fault) {
            case Fault::engine_crash:
            case Fault::scheduler_crash: return crash(*find(spell.whom), spell);
            case Fault::agent_crash: {
                auto& all = agents_.at(spell.whom);
                return crash(*all[static_cast<std::size_t>(dice_.between(0, static_cast<std::int64_t>(all.size()) - 1))], spell);
            }
            case Fault::engine_stop:
            case Fault::scheduler_stop: {
                auto* process = find(spell.whom);
                clockwork_.at(spell.from, [this, process, &spell] {
                    amid(*process, spell.to, [this, process] {
                        trace_.line(process->name(), "is stopped");
                        process->stop();
                    });
                });
                return clockwork_.at(spell.to, [this, process] {
                    trace_.line(process->name(), "goes on");
                    process->go_on();
                });
            }
            case Fault::stream_loss: return clockwork_.at(spell.from, [this, &spell] { bus_.lose(spell.whom); });
            case Fault::skew: return skew(spell);
            default: return;  // the weather says the rest
        }
    }

    // Every other time between two steps that belong together, which would be hit by chance too seldom.
    void amid(Process& process, TimePoint end, const std::function<void()>& what) {
        if (dice_.chance(0.5)) return what();
        lurk(process, std::min(end, clockwork_.now() + seconds{2}), what);
    }
    void lurk(Process& process, TimePoint end, const std::function<void()>& what) {
        if (clockwork_.now() >= end) return;  // it was spared
        if (process.is_busy()) return clockwork_.at(std::min(clockwork_.now() + dice_.between(milliseconds{0}, milliseconds{9}), end - milliseconds{1}), what);
        clockwork_.after(milliseconds{1}, [this, &process, end, what] { lurk(process, end, what); });
    }

    void crash(Process& process, const Spell& spell) {
        clockwork_.at(spell.from, [this, &process, &spell] {
            amid(process, spell.to, [this, &process] {
                trace_.line(process.name(), "crashes");
                process.crash();
            });
        });
        clockwork_.at(spell.to, [&process] { process.start(); });
    }

    void skew(const Spell& spell) {
        const auto wrong = dice_.between(milliseconds{-300'000}, milliseconds{300'000});
        const auto set = [this, &spell](milliseconds ahead) {
            trace_.line(spell.whom, "clocks are ahead by {} ms", ahead.count());
            for (const auto& agent : agents_.at(spell.whom)) agent->set_clock(ahead);
        };
        clockwork_.at(spell.from, [set, wrong] { set(wrong); });
        clockwork_.at(spell.to, [set] { set(milliseconds{0}); });
    }

    Plan plan_;
    Dice dice_;
    Weather weather_;
    Clockwork clockwork_;
    Trace trace_;
    Bus bus_;
    Database database_;
    Referee referee_;
    std::vector<std::unique_ptr<Engine>> engines_;
    std::vector<std::unique_ptr<Scheduler>> schedulers_;
    std::map<std::string, std::vector<std::unique_ptr<Agent>>> agents_;
};

}  // namespace

Report run(const Options& options) { return Run(options).report(); }

std::string command_of(const Options& options) {
    auto command = fmt::format("sonde sim --seed {} --hours {} --monitors {}", options.seed,
                               std::chrono::duration<double, std::ratio<3600>>(options.length).count(), options.monitors);
    if (options.faults == all_faults()) return command;
    std::vector<std::string_view> names;
    for (const auto fault : options.faults) names.push_back(name_of(fault));
    return command + fmt::format(" --faults {}", names.empty() ? "none" : fmt::format("{}", fmt::join(names, ",")));
}

}  // namespace sonde::simulation
