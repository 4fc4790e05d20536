#include "controlplane/status_page/html/language.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "controlplane/status_page/html/sources.h"

namespace sonde::status_page::html {
namespace {

// Every text of ours has these places and no others, which a test holds.
std::string filled(std::string_view pattern, Language::Values values) {
    std::string text;
    for (std::size_t at = 0; at < pattern.size();) {
        const auto open = std::min(pattern.find('{', at), pattern.size());
        text += pattern.substr(at, open - at);
        const auto close = pattern.find('}', open);
        if (close == std::string_view::npos) break;
        const auto name = pattern.substr(open + 1, close - open - 1);
        const auto* found = std::find_if(values.begin(), values.end(), [name](const auto& value) { return value.first == name; });
        if (found != values.end()) text += found->second;
        at = close + 1;
    }
    return text;
}

// The form that a whole number takes, after the rules of CLDR.
std::string_view form(std::string_view rule, std::int64_t n) {
    if (rule == "zero_one_other") return n == 0 || n == 1 ? "one" : "other";
    if (rule == "one_few_other") {
        const auto tens = n % 100;
        const auto ones = n % 10;
        if (ones == 1 && tens != 11) return "one";
        return ones >= 2 && ones <= 4 && (tens < 12 || tens > 14) ? "few" : "other";
    }
    return n == 1 ? "one" : "other";
}

std::string clock(calendar::Local local) {
    const std::chrono::hh_mm_ss time{local - std::chrono::floor<std::chrono::days>(local)};
    return fmt::format(FMT_COMPILE("{:02}:{:02}"), time.hours().count(), time.minutes().count());
}

std::map<std::string, Language, std::less<>> all_languages() {
    std::map<std::string, Language, std::less<>> all;
    for (const auto code : kLanguages) {
        const std::string name{code};
        const auto read = json::parse(source(name + ".json"));
        all.emplace(name, Language{name, read ? *read : Json::object()});
    }
    return all;
}

}  // namespace

const Language& Language::find(std::string_view code) {
    static const auto all = all_languages();
    const auto found = all.find(code);
    return found == all.end() ? all.at("en") : found->second;
}

Language::Language(std::string code, Json texts) : code_(std::move(code)), texts_(std::move(texts)) {
    for (const auto& [section, members] : texts_.items()) {
        if (!members.is_object()) continue;
        for (const auto& [name, text] : members.items()) {
            if (text.is_string()) sections_[section][name] = text.get<std::string>();
        }
    }
}

const std::string& Language::text(std::string_view section, std::string_view name) const {
    const auto texts = sections_.find(section);
    if (texts != sections_.end()) {
        if (const auto found = texts->second.find(name); found != texts->second.end()) return found->second;
    }
    throw std::out_of_range(fmt::format("no text {} of {} in {}", name, section, code_));
}

std::string Language::say(std::string_view sentence, Values values) const { return filled(text("sentence", sentence), values); }

std::string Language::counted(std::string_view unit, std::int64_t n) const {
    const auto& forms = texts_.at("units").at(std::string(unit));
    return filled(forms.at(std::string(form(texts_.at("plural").get_ref<const std::string&>(), n))).get_ref<const std::string&>(), {{"n", fmt::format(FMT_COMPILE("{}"), n)}});
}

std::string Language::duration(milliseconds time) const {
    const auto minutes = std::chrono::floor<std::chrono::minutes>(time).count();
    if (minutes < 1) return text("units", "less");
    const auto two = [this](std::string_view large, std::int64_t n, std::string_view small, std::int64_t rest) {
        return rest == 0 ? counted(large, n) : counted(large, n) + " " + counted(small, rest);
    };
    if (minutes < 60) return counted("minute", minutes);
    if (minutes < 24 * 60) return two("hour", minutes / 60, "minute", minutes % 60);
    return two("day", minutes / (24 * 60), "hour", minutes / 60 % 24);
}

std::string Language::percent(double share) const {
    const auto thousandths = static_cast<std::int64_t>(std::floor(share * 100'000 + 1e-6));  // 99970.9999999 is what 0.99971 comes to
    const auto number = fmt::format(FMT_COMPILE("{}{}{:03}"), thousandths / 1000, text("number", "decimal"), thousandths % 1000);
    return filled(text("number", "percent"), {{"n", number}});
}

std::string Language::joined(const std::vector<std::string>& texts) const {
    std::string all;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i > 0) all += text("list", i + 1 == texts.size() ? "last" : "comma");
        all += texts[i];
    }
    return all;
}

std::string Language::day(std::chrono::year_month_day date) const {
    return filled(text("date", "full"), {{"day", date.day() == std::chrono::day{1} ? text("date", "first_day") : fmt::format(FMT_COMPILE("{}"), unsigned{date.day()})},
                                         {"month", texts_.at("date").at("months").at(unsigned{date.month()} - 1).get<std::string>()},
                                         {"year", fmt::format(FMT_COMPILE("{}"), int{date.year()})}});
}

std::string Language::short_day(std::chrono::year_month_day date) const {
    return filled(text("date", "short"), {{"day", date.day() == std::chrono::day{1} ? text("date", "first_day") : fmt::format(FMT_COMPILE("{}"), unsigned{date.day()})},
                                          {"month", texts_.at("date").at("months").at(unsigned{date.month()} - 1).get<std::string>()}});
}

std::string Language::month(std::chrono::year_month month) const {
    return filled(text("date", "month"), {{"month", texts_.at("date").at("months_alone").at(unsigned{month.month()} - 1).get<std::string>()},
                                          {"year", fmt::format(FMT_COMPILE("{}"), int{month.year()})}});
}

std::string Language::at(const calendar::Zone& zone, TimePoint when) const {
    return filled(text("date", "at"), {{"date", day(day_of(zone, when))}, {"time", time(zone, when)}});
}

std::string Language::time(const calendar::Zone& zone, TimePoint when) const { return clock(zone.local(when)); }

std::string Language::range(const std::string& from, const std::string& to) const { return filled(text("date", "range"), {{"from", from}, {"to", to}}); }

std::chrono::year_month_day day_of(const calendar::Zone& zone, TimePoint when) {
    const auto local = std::chrono::floor<std::chrono::days>(zone.local(when));
    return std::chrono::year_month_day{local};
}

}  // namespace sonde::status_page::html
