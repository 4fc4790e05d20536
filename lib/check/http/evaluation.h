// Assertions held against what was seen. Internal to lib/check/http.
#pragma once

#include "lib/check/http/finding.h"
#include "lib/check/http/json_assertion.h"
#include "lib/check/judgement.h"
#include "lib/check/observation.h"

namespace sonde::check {

// What the assertions of one judgement share. Both must outlive it.
class AssertionEvaluation {
public:
    AssertionEvaluation(const Observation& observation, const HttpFacts& facts, TimePoint now)
        : observation_(observation), facts_(facts), now_(now), json_(facts) {}

    AssertionResult judge(const Assertion& assertion);

private:
    Finding find(const Assertion& assertion);
    [[nodiscard]] Finding response_time(const Assertion& assertion) const;
    Finding header(const Assertion& assertion);

    const Observation& observation_;
    const HttpFacts& facts_;
    TimePoint now_;
    JsonBody json_;
    Work work_;
};

}  // namespace sonde::check
