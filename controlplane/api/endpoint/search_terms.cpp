#include "controlplane/api/endpoint/search_terms.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::controlplane {
namespace {

std::size_t letters_in(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string pattern_of(std::string_view word) {
    std::string pattern = "%";
    for (const char c : word) {
        if (c == '%' || c == '_' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern + '%';
}

}  // namespace

Result<SearchTerms> SearchTerms::parse(std::string_view text) {
    SearchTerms terms;
    std::size_t longest = 0;
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        if (text.empty()) break;
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(word.size());
        longest = std::max(longest, letters_in(word));
        terms.patterns_.push_back(pattern_of(word));
    }
    if (terms.patterns_.size() > kMaxWords) return Error{fmt::format("must be at most {} words", kMaxWords)};
    if (longest < kMinLetters) return Error{fmt::format("must have a word of {} letters or more", kMinLetters)};
    return terms;
}

void SearchTerms::add_to(Conditions& conditions, std::string_view column) const {
    for (const auto& pattern : patterns_) conditions.add(fmt::format("{} like searchable(?)", column), {pattern});
}

}  // namespace sonde::controlplane
