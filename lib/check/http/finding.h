// What one assertion comes to, before its severity is known. Internal to lib/check/http.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/check/http/assertion.h"

namespace sonde::check {

struct Finding {
    FailureClass cause = FailureClass::none;  // none: it holds; an agent's fault: it was not found out
    std::string found;                        // for people, bounded
};

// What looking at texts may still cost in one judgement. A step is a byte that is looked at by one instruction of a pattern; that is what
// the worst of patterns take, most take a byte in one go.
class Work {
public:
    static constexpr std::uint64_t kSteps = std::uint64_t{1} << 30U;

    // False, and then for good, if there is less left.
    bool spend(std::uint64_t steps) {
        if (steps > left_) left_ = 0;
        const bool enough = steps <= left_;
        if (enough) left_ -= steps;
        return enough;
    }

private:
    std::uint64_t left_ = kSteps;
};

// Nobody's answer is at fault.
inline Finding too_costly(std::string_view why) { return {FailureClass::agent_error, "not found out: " + std::string(why)}; }
inline Finding too_much_text() { return too_costly("all assertions together look at too much text"); }

// What `assertion` costs to ask of a text.
std::uint64_t steps_of(const Assertion& assertion, std::string_view text);

// Where in `text` what equals, contains or matches wants is; npos if nowhere. 0 for a pattern, of which only that it matches is known.
// Negations are asked as what they negate. Linear in the text.
std::size_t position(const Assertion& assertion, std::string_view text);

}  // namespace sonde::check
