// Judges a whole run, after its end: outages missed or opened late, incidents left open, slots and results that are not accounted for.
#pragma once

#include "simulation/referee.h"
#include "simulation/weather.h"

namespace sonde::simulation {

// While nothing that delays is broken, an outage that enough domains can see for sure is open this long after it began: the next slot, a check
// that takes its whole time-out, the confirmation by others that does so too; in place, all its attempts.
milliseconds bound_down(const PlannedMonitor& monitor, milliseconds cadence, int domains);
// And is over this long after enough domains see it well: as many rounds as it takes.
milliseconds bound_up(const PlannedMonitor& monitor, milliseconds cadence);

class Bounds {
public:
    Bounds(const Plan& plan, const Weather& weather, const Database& database, Referee& referee) : plan_(plan), weather_(weather), database_(database), referee_(referee) {}

    void judge();

private:
    // A time in which all that concerns a monitor stays as it is.
    struct Segment {
        TimePoint from;
        TimePoint to;
        bool calm = true;            // nothing is broken that concerns everybody
        bool watched = true;
        PlannedMonitor planned;
        std::vector<std::string> regions;  // that check it
        std::set<std::string> lost;        // of those, that may or may not answer
        // Domains, for sure: how many there are, and see it so whatever the lost ones say.
        int domains = 0;
        int sure = 0;                // that vote
        int down = 0;
        int better = 0;              // up or degraded
        int up = 0;
    };

    struct Span {
        TimePoint from;
        TimePoint to;
    };

    [[nodiscard]] static milliseconds cadence_of(const Segment& segment);
    [[nodiscard]] milliseconds bound_of(const Segment& segment) const;
    [[nodiscard]] static bool is_judged(const Segment& segment) { return segment.calm && segment.watched && segment.domains > 0; }
    // For sure, whatever the lost regions say.
    [[nodiscard]] static bool is_down(const Segment& segment);
    [[nodiscard]] static bool is_better(const Segment& segment);
    [[nodiscard]] std::vector<Segment> segments_of(std::size_t monitor) const;
    void look(Segment& segment, std::size_t monitor, bool well) const;
    void judge_monitor(std::size_t monitor);
    // `told_by`: the bound, within the segment.
    void judge_down(const Segment& segment, std::size_t monitor, TimePoint well_since, TimePoint told_by);
    // What is told in it, of an outage that lasts all the time: the parts that nothing covers.
    void judge_told_parts(const Segment& segment, std::size_t monitor, TimePoint well_since);
    void judge_stays(const Segment& segment, std::size_t monitor, TimePoint since);
    [[nodiscard]] bool resolved_by_hand(MonitorId monitor, TimePoint from, TimePoint to) const;
    // What Sonde must know of a monitor by then, for sure.
    struct Knowledge {
        std::vector<Segment> segments;
        std::vector<Span> down;
        std::vector<Span> well;
        std::vector<Span> told;  // down, and nothing covers it any more
    };
    [[nodiscard]] Knowledge knowledge_of(std::size_t monitor) const;
    static bool within(const std::vector<Span>& spans, TimePoint at);

    // silence.cpp: of what stands between monitors
    [[nodiscard]] std::vector<std::size_t> parents_of(std::size_t monitor) const;
    [[nodiscard]] std::vector<std::size_t> ancestors_of(std::size_t monitor) const;
    [[nodiscard]] std::vector<decision::Node> nodes_over(std::size_t monitor) const;
    [[nodiscard]] bool blocks(decision::Node node, TimePoint at) const;
    [[nodiscard]] bool is_blocked(std::size_t monitor, TimePoint at) const;
    [[nodiscard]] bool speaks_for(MonitorId member) const;  // the group
    // For how long a child that is down may wait for what becomes of parents that are well.
    [[nodiscard]] milliseconds wait_for_parents(std::size_t monitor) const;
    // Of a segment in which the monitor is down: the parts in which nothing covers that.
    [[nodiscard]] std::vector<Span> uncovered(const Segment& segment, std::size_t monitor) const;
    void judge_silence();
    void judge_page(const Page& page, std::size_t monitor);
    void judge_group();
    // The incident of a cause counts those that are not told because of it.
    void judge_radius();
    [[nodiscard]] bool is_calm(TimePoint from, TimePoint to) const;
    void judge_regions();
    [[nodiscard]] const Spell* ill_and_nothing_else(TimePoint at) const;
    void judge_up(const Segment& segment, std::size_t monitor);
    void judge_slots(const Segment& segment);
    void judge_ledger();
    void judge_told();
    void judge_rest();
    [[nodiscard]] bool member_at(MonitorId monitor, decision::Scope scope, TimePoint at) const;
    [[nodiscard]] std::string at(TimePoint when) const { return fmt::format("{:.3f}", static_cast<double>((when - plan_.start).count()) / 1000); }

    std::vector<Knowledge> known_;  // by the monitors' numbers
    const Plan& plan_;
    const Weather& weather_;
    const Database& database_;
    Referee& referee_;
};

}  // namespace sonde::simulation
