// What every kind of probe looks like to the runner.
#pragma once

#include <functional>
#include <memory>

#include "lib/base/instant.h"
#include "lib/check/observation.h"
#include "probe-agent/probe/target.h"

namespace sonde::agent {

// A check under way. Destroying it ends it at once; it then reports nothing.
class Attempt {
public:
    virtual ~Attempt() = default;
};

// Runs checks and says what it saw; it has no opinion. Loop thread only; must outlive its attempts.
class Probe {
public:
    virtual ~Probe() = default;
    using Done = std::function<void(check::Observation)>;

    // `done` is called once, within `timeout` and a little, never before this returned; it may destroy the attempt. A failure,
    // the agent's own included, is an observation: this does not throw.
    virtual std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) = 0;
};

}  // namespace sonde::agent
