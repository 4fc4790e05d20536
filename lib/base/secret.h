// A value that must not reach logs, events, errors or API answers.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace sonde {

// Prints as `***`; the text leaves only by `reveal()`, which makes every use of it visible to a reviewer.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}

    [[nodiscard]] const std::string& reveal() const { return text_; }
    [[nodiscard]] bool empty() const { return text_.empty(); }

private:
    std::string text_;
};

inline std::string_view format_as(const Secret& secret) { return secret.empty() ? "" : "***"; }

}  // namespace sonde
