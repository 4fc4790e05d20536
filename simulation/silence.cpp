// What must not be told: in maintenance nothing begins.
#include <algorithm>

#include "simulation/bounds.h"

namespace sonde::simulation {

std::vector<Bounds::Span> Bounds::uncovered(const Segment& segment, std::size_t monitor) const {
    const auto& planned = plan_.monitors[monitor];
    std::set<TimePoint> borders{segment.from, segment.to};
    for (const auto& window : plan_.windows) {
        for (const auto border : {window.from, window.to}) {
            if (border > segment.from && border < segment.to) borders.insert(border);
        }
    }
    std::vector<Span> spans;
    for (auto from = borders.begin(); std::next(from) != borders.end(); ++from) {
        if (plan_.in_maintenance(planned.id, planned.site, *from)) continue;
        if (!spans.empty() && spans.back().to == *from) {
            spans.back().to = *std::next(from);
        } else {
            spans.push_back({*from, *std::next(from)});
        }
    }
    return spans;
}

void Bounds::judge_silence() {
    for (const auto& told : referee_.told()) {
        for (const auto& planned : plan_.monitors) {
            if (planned.id != told.monitor || !plan_.in_maintenance(planned.id, planned.site, told.at)) continue;
            referee_.found(Finding::unsuppressed, fmt::format("{} was told at {} in maintenance", planned.name, at(told.at)));
        }
    }
}

}  // namespace sonde::simulation
