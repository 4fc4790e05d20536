#include <doctest/doctest.h>

#include "simulation/run.h"

using namespace sonde;
using namespace sonde::simulation;

TEST_CASE("a seed") {
    Options options;
    CHECK(run(options).total() == 0);
}
