#include "lib/check/drill/facts.h"

namespace sonde::check {

Json write(const DrillFacts&, bool) { return Json::object(); }

}  // namespace sonde::check
