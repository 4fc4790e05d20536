// Known secrets, kept out of what is told. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/check/secrets.h"
#include "lib/json/json.h"

namespace sonde::check {

// Hides values in what is told of a check. A value shorter than kShortest is not looked for: it would be found everywhere and hide nothing.
// Also found: the value percent-encoded, once or twice, in whatever case and however much of it, with `+` for a space, escaped as in JSON or in
// HTML, and the first part of any of these at the end of a text that was cut off, or before the `…` of a quote that was.
class Redactor {
public:
    static constexpr std::size_t kShortest = 4;
    static constexpr std::size_t kCutAt = 256;  // a text of so many bytes may have been cut off

    Redactor() = default;
    explicit Redactor(const Secrets& secrets);

    void add(std::string_view value);
    [[nodiscard]] bool empty() const { return values_.empty(); }
    // `text` with `***` in place of every value.
    [[nodiscard]] std::string operator()(std::string text) const;
    // The same for every string value in a document.
    void apply(Json& document) const;

private:
    std::vector<std::string> values_;  // longest first
};

}  // namespace sonde::check
