// What somebody searches for, `q=shop checkout`: words, all of which must occur, each anywhere within a word too.
#pragma once

#include <string_view>

#include "controlplane/api/endpoint/conditions.h"
#include "lib/base/result.h"

namespace sonde::controlplane {

class SearchTerms {
public:
    static constexpr std::size_t kMaxBytes = 200;
    static constexpr std::size_t kMaxWords = 8;
    static constexpr std::size_t kMinLetters = 3;  // of one word at least: an index of three letters in a row can do nothing with less

    static Result<SearchTerms> parse(std::string_view text);

    // On a column of text as `searchable` makes it (schema/migrations).
    void add_to(Conditions& conditions, std::string_view column) const;
    // Patterns of `like`, before `searchable`.
    [[nodiscard]] const std::vector<std::string>& patterns() const { return patterns_; }

private:
    std::vector<std::string> patterns_;
};

}  // namespace sonde::controlplane
