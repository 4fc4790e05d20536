#include "lib/check/drill/judge.h"

namespace sonde::check {

Judgement judge(const DrillSpec& spec, const Observation&, TimePoint now) {
    auto judgement = all_well();
    if (!spec.fails_until) return judgement;
    const bool fails = now < *spec.fails_until;
    judgement.add({"the drill", "over", (fails ? "fails until " : "failed until ") + to_rfc3339(*spec.fails_until), fails ? Verdict::down : Verdict::up,
                   fails ? FailureClass::assertion : FailureClass::none, 0, fails});
    return judgement;
}

}  // namespace sonde::check
