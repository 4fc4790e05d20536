// What an observation means: the verdict, and how each assertion of the spec fared.
#pragma once

#include <string>
#include <vector>

#include "lib/check/verdict.h"
#include "lib/json/json.h"

namespace sonde::check {

// One thing a spec asks of an answer. All are evaluated and all are reported, whatever the others say.
struct AssertionResult {
    std::string assertion;  // what was looked at: `status`, `header content-type`, `json $.status`
    std::string expected;   // `200-299`, `containing "ok"`: may follow `must be`
    std::string found;      // bounded; empty if nothing was found
    Verdict verdict = Verdict::up;  // down, degraded for a soft one, unknown where the answer does not say
    FailureClass cause = FailureClass::none;  // none if and only if up
    int threshold_days = 0;  // of what is near its end: the least threshold it has crossed
    bool is_said = false;    // `found` is the end of a sentence that `assertion` begins
};

// Of what holds or does not; `cause` is why it counts as down if not.
AssertionResult result_of(std::string assertion, std::string expected, std::string found, bool holds, FailureClass cause);

struct Judgement {
    Verdict verdict = Verdict::unknown;
    FailureClass cause = FailureClass::none;  // of the worst
    std::string message;                      // empty when up
    std::vector<AssertionResult> assertions;

    // Takes an assertion in; the first of the worst ones gives the verdict, its cause and the message.
    void add(AssertionResult result);
};

// Up until an assertion says otherwise.
Judgement all_well();

// `[{assertion, expected, found, verdict, class}]`, with `threshold_days` where one was crossed.
Json write_assertions(const Judgement& judgement);

}  // namespace sonde::check
