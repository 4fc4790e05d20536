// Which HTTP status codes are taken.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"

namespace sonde::check {

// Inclusive ranges of accepted status codes, 100 to 599, in the text form `200-299,301`.
struct StatusSet {
    std::vector<std::pair<int, int>> ranges{{200, 299}};
    [[nodiscard]] bool contains(int status) const;
    [[nodiscard]] std::string text() const;
    // An error names the part that is wrong.
    static Result<StatusSet> parse(std::string_view text);
};

}  // namespace sonde::check
