// Assertions about a body that is JSON. Internal to lib/check/http.
#pragma once

#include <optional>

#include "lib/check/http/facts.h"
#include "lib/check/http/finding.h"

namespace sonde::check {

// Parses the body once, when the first assertion asks for it. `facts` must outlive it.
class JsonBody {
public:
    explicit JsonBody(const HttpFacts& facts) : facts_(facts) {}

    // Every node that the path selects must satisfy the comparison, and there must be one; for not_exists, there must be none.
    // A body that is not JSON satisfies nothing, and of one that was cut off nothing is judged.
    Finding judge(const Assertion& assertion, Work& work);

private:
    const HttpFacts& facts_;
    std::optional<Result<Json>> document_;
};

}  // namespace sonde::check
