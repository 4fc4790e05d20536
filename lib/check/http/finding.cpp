#include "lib/check/http/finding.h"

#include <cstring>

namespace sonde::check {

std::uint64_t steps_of(const Assertion& assertion, std::string_view text) {
    return (text.size() + 1) * (assertion.pattern ? assertion.pattern->size() : 1);
}

std::size_t position(const Assertion& assertion, std::string_view text) {
    if (assertion.pattern) return assertion.pattern->contains(text) ? 0 : std::string_view::npos;
    const auto& wanted = assertion.text();
    if (assertion.comparison == Comparison::equals || assertion.comparison == Comparison::not_equals) {
        return text == wanted ? 0 : std::string_view::npos;
    }
    // Not std::string_view::find, which a text like aaaa…ab makes quadratic.
    const auto* at = static_cast<const char*>(memmem(text.data(), text.size(), wanted.data(), wanted.size()));
    return at == nullptr ? std::string_view::npos : static_cast<std::size_t>(at - text.data());
}

}  // namespace sonde::check
