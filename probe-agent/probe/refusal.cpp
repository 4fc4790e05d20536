#include "probe-agent/probe/refusal.h"

#include "probe-agent/probe/timed_check.h"

namespace sonde::agent {
namespace {

class Refused final : public TimedCheck {
public:
    using TimedCheck::TimedCheck;

private:
    void run() override {
        fail({check::FailureClass::agent_error, "a monitor of this kind is heard of, and not looked at from anywhere", check::Phase::none});
    }
    check::Failure overdue() override { return {check::FailureClass::agent_error, "not begun in time", check::Phase::none}; }
    void release() override {}
};

}  // namespace

std::unique_ptr<Attempt> Refusal::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto check = std::make_unique<Refused>(network_, std::move(target), timeout, std::move(done));
    check->begin();
    return check;
}

}  // namespace sonde::agent
