#include "probe-agent/probe/drill/probe.h"

#include "probe-agent/probe/timed_check.h"

namespace sonde::agent {
namespace {

class Drill final : public TimedCheck {
public:
    using TimedCheck::TimedCheck;

private:
    void run() override {
        seen_.facts<check::DrillFacts>();
        finish();
    }
    check::Failure overdue() override { return {check::FailureClass::agent_error, "not begun in time", check::Phase::none}; }
    void release() override {}
};

}  // namespace

std::unique_ptr<Attempt> DrillProbe::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto check = std::make_unique<Drill>(network_, std::move(target), timeout, std::move(done));
    check->begin();
    return check;
}

}  // namespace sonde::agent
