#include <doctest/doctest.h>

#include <set>

#include "controlplane/status_page/html/language.h"

namespace language_test {

using namespace sonde;
using namespace sonde::status_page::html;
using namespace std::chrono_literals;

namespace {

// Keys with the places of their texts: `sentence.ago {days}`. The forms of numbers count as one.
std::set<std::string> outline(const Json& document, const std::string& path = {}) {
    std::set<std::string> keys;
    for (const auto& [name, value] : document.items()) {
        if (name == "few") continue;
        const auto here = path + "." + name;
        if (value.is_object()) {
            keys.merge(outline(value, here));
            continue;
        }
        std::string places;
        if (value.is_string() && path != ".date") {
            const auto text = value.get<std::string>();
            std::set<std::string> found;
            for (auto at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) found.insert(text.substr(at, text.find('}', at) + 1 - at));
            for (const auto& place : found) places += " " + place;
        }
        keys.insert(here + (value.is_array() ? " of " + std::to_string(value.size()) : places));
    }
    return keys;
}

void no_text_is_empty(const Json& document) {
    for (const auto& value : document) {
        if (value.is_structured()) {
            no_text_is_empty(value);
        } else {
            CHECK_FALSE(value.get<std::string>().empty());
        }
    }
}

}  // namespace

TEST_CASE("all languages say the same things") {
    const auto english = outline(Language::find("en").document());
    CHECK(english.size() > 90);
    for (const auto code : kLanguages) {
        CAPTURE(code);
        const auto& language = Language::find(code);
        CHECK(language.code() == code);
        CHECK(outline(language.document()) == english);
        no_text_is_empty(language.document());
        for (const auto& [unit, forms] : language.document().at("units").items()) {
            if (forms.is_object()) CHECK(forms.contains("few") == (code == "hr"));
        }
    }
}

TEST_CASE("a language that is not there is English") { CHECK(Language::find("xx").code() == "en"); }

TEST_CASE("Croatian has three forms for numbers") {
    const auto& croatian = Language::find("hr");
    for (const auto n : {1, 21, 101}) CHECK(croatian.counted("hour", n) == std::to_string(n) + " sat");
    for (const auto n : {2, 3, 4, 22, 104}) CHECK(croatian.counted("hour", n) == std::to_string(n) + " sata");
    for (const auto n : {0, 5, 11, 12, 13, 14, 20, 25, 111, 112}) CHECK(croatian.counted("hour", n) == std::to_string(n) + " sati");
}

TEST_CASE("French has one of nothing, others have many") {
    CHECK(Language::find("fr").counted("day", 0) == "0 jour");
    CHECK(Language::find("fr").counted("day", 2) == "2 jours");
    CHECK(Language::find("en").counted("day", 0) == "0 days");
    CHECK(Language::find("es").counted("day", 1) == "1 día");
}

TEST_CASE("durations have their two largest units") {
    const auto& english = Language::find("en");
    CHECK(english.duration(59s) == "less than a minute");
    CHECK(english.duration(60s) == "1 minute");
    CHECK(english.duration(2h) == "2 hours");
    CHECK(english.duration(26h + 59min) == "1 day 2 hours");
    CHECK(Language::find("de").duration(3h + 1min) == "3 Stunden 1 Minute");
}

TEST_CASE("percentages are cut, and hundred is hundred only") {
    const auto& english = Language::find("en");
    CHECK(english.percent(1) == "100.000%");
    CHECK(english.percent(0.9999999) == "99.999%");
    CHECK(english.percent(0.99971) == "99.971%");
    CHECK(english.percent(0) == "0.000%");
    CHECK(Language::find("hr").percent(0.98) == "98,000\u00a0%");
}

TEST_CASE("days are written as the language does") {
    const std::chrono::year_month_day date{std::chrono::year{2026} / 3 / 1};
    CHECK(Language::find("en").day(date) == "1 March 2026");
    CHECK(Language::find("de").day(date) == "1. März 2026");
    CHECK(Language::find("fr").day(date) == "1er mars 2026");
    CHECK(Language::find("es").day(date) == "1 de marzo de 2026");
    CHECK(Language::find("hr").day(date) == "1. ožujka 2026.");
    CHECK(Language::find("hr").month(std::chrono::year{2026} / 3) == "ožujak 2026.");
}

TEST_CASE("times are those of the zone") {
    const auto at = *from_rfc3339("2026-02-28T23:30:00Z");
    const auto zagreb = *calendar::Zone::find("Europe/Zagreb");
    CHECK(Language::find("hr").at(zagreb, at) == "1. ožujka 2026. u 00:30");
    CHECK(day_of(zagreb, at) == std::chrono::year{2026} / 3 / 1);
    CHECK(day_of(calendar::Zone::utc(), at) == std::chrono::year{2026} / 2 / 28);
}

}  // namespace language_test
