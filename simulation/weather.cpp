#include "simulation/weather.h"

#include <algorithm>

namespace sonde::simulation {

Sight Weather::see(std::size_t monitor, std::string_view region, bool well, TimePoint at) const {
    if (lasts(Fault::target_partition, region, at) || lasts(Fault::ill_region, region, at)) return {check::Verdict::down, check::FailureClass::connect_timeout};
    if (!well) return {check::Verdict::down, check::FailureClass::assertion};
    Sight seen;
    for (const auto& illness : plan_.illnesses) {
        if (illness.monitor != monitor || at < illness.from || at >= illness.to) continue;
        if (!illness.only_from.empty() && illness.only_from != region) continue;
        if (illness.flap.count() > 0 && (at - illness.from) / illness.flap % 2 == 1) continue;
        if (static_cast<int>(illness.verdict) > static_cast<int>(seen.verdict)) seen = {illness.verdict, illness.cause};
    }
    return seen;
}

bool Weather::lasts(Fault fault, std::string_view whom, TimePoint at) const {
    return std::any_of(plan_.spells.begin(), plan_.spells.end(), [&](const Spell& spell) {
        return spell.fault == fault && spell.from <= at && at < spell.to && (spell.whom.empty() || spell.whom == whom);
    });
}

}  // namespace sonde::simulation
