// What a page says in one language, and how it writes numbers, days and durations. Texts are in controlplane/status_page/language, a file each.
#pragma once

#include <array>
#include <chrono>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/instant.h"
#include "lib/calendar/zone.h"
#include "lib/json/json.h"

namespace sonde::status_page::html {

// The languages there are.
inline constexpr std::array<std::string_view, 5> kLanguages{"en", "de", "fr", "es", "hr"};

// Read once, kept for good. Threads may share it.
class Language {
public:
    // English for a code that is none of kLanguages.
    static const Language& find(std::string_view code);

    [[nodiscard]] const std::string& code() const { return code_; }
    [[nodiscard]] const Json& document() const { return texts_; }

    // A text by its section and name: `text("page", "history")`.
    [[nodiscard]] const std::string& text(std::string_view section, std::string_view name) const;

    // By name; what they view must live as long as the call.
    using Values = std::initializer_list<std::pair<std::string_view, std::string_view>>;
    // A sentence with its `{places}` filled in.
    [[nodiscard]] std::string say(std::string_view sentence, Values values) const;

    // A number with its unit in the right form: `3 minutes`.
    [[nodiscard]] std::string counted(std::string_view unit, std::int64_t n) const;
    // The two largest units, cut: `2 hours 3 minutes`.
    [[nodiscard]] std::string duration(milliseconds time) const;
    // Three decimals, cut, so that 100 % is never said of less.
    [[nodiscard]] std::string percent(double share) const;
    [[nodiscard]] std::string joined(const std::vector<std::string>& texts) const;

    [[nodiscard]] std::string day(std::chrono::year_month_day date) const;        // `1 March 2026`
    [[nodiscard]] std::string short_day(std::chrono::year_month_day date) const;  // `1 March`
    [[nodiscard]] std::string month(std::chrono::year_month month) const;         // `March 2026`
    [[nodiscard]] std::string at(const calendar::Zone& zone, TimePoint when) const;    // `1 March 2026, 12:00`
    [[nodiscard]] std::string time(const calendar::Zone& zone, TimePoint when) const;  // `12:00`
    [[nodiscard]] std::string range(const std::string& from, const std::string& to) const;

    Language(std::string code, Json texts);

private:
    std::string code_;
    Json texts_;
    std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>> sections_;  // those of `texts_` that are texts: a page asks for thousands
};

// The day that a clock on the wall of the zone says.
std::chrono::year_month_day day_of(const calendar::Zone& zone, TimePoint when);

}  // namespace sonde::status_page::html
