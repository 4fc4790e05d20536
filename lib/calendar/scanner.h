// Reads an expression from left to right, and keeps the first mistake found in it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/calendar/mistake.h"

namespace sonde::calendar {

constexpr std::size_t kLongestText = 1024;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// Without regard to case, in ASCII.
constexpr bool same_word(std::string_view one, std::string_view two) {
    if (one.size() != two.size()) return false;
    for (std::size_t i = 0; i < one.size(); ++i) {
        if (upper(one[i]) != upper(two[i])) return false;
    }
    return true;
}

class Scanner {
public:
    // Of `text`, the part [begin, end); columns are those of `text`, which must outlive it.
    Scanner(std::string_view text, std::size_t begin, std::size_t end) : text_(text.substr(0, end)), at_(begin) {}
    explicit Scanner(std::string_view text) : Scanner(text, 0, text.size()) {}

    [[nodiscard]] bool done() const { return at_ >= text_.size(); }
    [[nodiscard]] char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    [[nodiscard]] std::size_t column() const { return at_ + 1; }
    [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }

    void skip(std::size_t count) { at_ += std::min(count, text_.size() - at_); }

    bool take(char expected) {
        if (done() || text_[at_] != expected) return false;
        ++at_;
        return true;
    }
    bool take(std::string_view expected) {
        if (!rest().starts_with(expected)) return false;
        at_ += expected.size();
        return true;
    }

    // Digits; nothing if there are none. More than 15 of them are as good as the largest.
    std::optional<std::int64_t> number() {
        if (!is_digit(peek())) return std::nullopt;
        std::int64_t value = 0;
        for (; is_digit(peek()); ++at_) value = std::min<std::int64_t>(value * 10 + (peek() - '0'), 1'000'000'000'000'000);
        return value;
    }

    // Letters; may be empty.
    std::string_view word() {
        const auto begin = at_;
        while (is_letter(peek())) ++at_;
        return text_.substr(begin, at_ - begin);
    }

    // Always false, so that it can be returned.
    bool refuse_at(std::size_t column, std::string message) {
        if (!mistake_) mistake_ = Mistake{std::move(message), column};
        return false;
    }
    bool refuse(std::string message) { return refuse_at(column(), std::move(message)); }

    // What stands here, for a message.
    [[nodiscard]] std::string here() const {
        if (done()) return "the end";
        const auto c = peek();
        return c > ' ' && c < '\x7f' ? fmt::format("`{}`", c) : c == ' ' ? "a space" : "a byte that is not printable ASCII";
    }

    [[nodiscard]] const std::optional<Mistake>& mistake() const { return mistake_; }

private:
    std::string_view text_;
    std::size_t at_;
    std::optional<Mistake> mistake_;
};

}  // namespace sonde::calendar
