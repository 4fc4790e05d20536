#include "lib/channel/quiet_hours.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/calendar/zone.h"

namespace sonde::channel {
namespace {

using calendar::Local;
using std::chrono::days;
using std::chrono::local_days;
using std::chrono::minutes;

constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::array<std::string_view, 3> kSeverities{"critical", "major", "minor"};
constexpr std::size_t kMostWindows = 20;
constexpr minutes kDay{24 * 60};
constexpr minutes kWeek = kDay * 7;

std::optional<minutes> time_of_day(std::string_view text) {
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : 100; };
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const int hour = digit(0) * 10 + digit(1);
    const int minute = digit(3) * 10 + digit(4);
    if (hour > 24 || minute > 59 || (hour == 24 && minute > 0)) return std::nullopt;
    return minutes{hour * 60 + minute};
}

std::string text_of_time(minutes time) { return fmt::format("{:02}:{:02}", time.count() / 60, time.count() % 60); }

minutes length(const QuietWindow& window) { return window.to > window.from ? window.to - window.from : window.to - window.from + kDay; }

void read_time(json::Reader& in, std::string_view field, minutes latest, minutes& time) {
    std::string text;
    if (!in.text(field, text)) return;
    const auto found = time_of_day(text);
    if (found && *found <= latest) {
        time = *found;
    } else {
        in.refuse(field, "must be a time of the day like 07:30");
    }
}

template <std::size_t Count>
void check_words(json::Reader& in, std::string_view field, const std::vector<std::string>& words, const std::array<std::string_view, Count>& known, json::Problems& problems) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (std::find(known.begin(), known.end(), words[i]) == known.end()) {
            problems.push_back({fmt::format("{}/{}", in.pointer(field), i), fmt::format("must be one of {}", fmt::join(known, ", "))});
        }
    }
}

QuietWindow read_window(const Json& document, const std::string& pointer, json::Problems& problems) {
    QuietWindow window;
    json::Reader in(document, pointer, problems);
    in.require({"from", "to"});
    std::vector<std::string> names;
    in.texts("days", names, kDays.size(), {.min = 1});
    check_words(in, "days", names, kDays, problems);
    for (std::size_t i = 0; i < kDays.size(); ++i) window.days[i] = names.empty() || std::find(names.begin(), names.end(), kDays[i]) != names.end();
    read_time(in, "from", kDay - minutes{1}, window.from);
    read_time(in, "to", kDay, window.to);
    in.finish();
    return window;
}

bool leaves_no_time(const std::vector<QuietWindow>& windows) {
    std::vector<bool> quiet(static_cast<std::size_t>(kWeek.count()));
    for (const auto& window : windows) {
        for (std::size_t day = 0; day < kDays.size(); ++day) {
            const auto begin = kDay * static_cast<int>(day) + window.from;
            for (minutes at{0}; window.days[day] && at < length(window); ++at) quiet[static_cast<std::size_t>(((begin + at) % kWeek).count())] = true;
        }
    }
    return std::find(quiet.begin(), quiet.end(), false) == quiet.end();
}

TimePoint instant_of(const calendar::Zone& zone, Local time) {
    const auto reading = zone.read(time);
    return std::chrono::ceil<milliseconds>(reading.kind == calendar::Reading::Kind::never ? reading.change : reading.first);
}

// The end of the last of the windows that `at` is in.
std::optional<TimePoint> end_of(const QuietHours& quiet, const calendar::Zone& zone, TimePoint at) {
    const auto today = std::chrono::floor<days>(zone.local(at));
    std::optional<TimePoint> last;
    for (const auto& window : quiet.windows) {
        for (const auto day : {today - days{1}, today}) {
            if (!window.days[std::chrono::weekday{day}.iso_encoding() - 1]) continue;
            const auto begin = instant_of(zone, Local{day.time_since_epoch() + window.from});
            const auto end = instant_of(zone, Local{day.time_since_epoch() + window.from + length(window)});
            if (begin <= at && at < end) last = std::max(last.value_or(end), end);
        }
    }
    return last;
}

}  // namespace

std::optional<QuietHours> read_quiet_hours(const Json& document, const std::string& pointer, json::Problems& problems) {
    const auto before = problems.size();
    QuietHours quiet;
    json::Reader in(document, pointer, problems);
    in.require({"windows"});
    if (in.text("time_zone", quiet.time_zone)) {
        if (const auto zone = calendar::Zone::find(quiet.time_zone); !zone) in.refuse("time_zone", zone.error().message);
    }
    if (const auto* windows = in.array("windows", kMostWindows)) {
        if (windows->empty()) in.refuse("windows", "must have at least one window; without quiet hours it is null");
        for (std::size_t i = 0; i < windows->size(); ++i) quiet.windows.push_back(read_window((*windows)[i], fmt::format("{}/{}", in.pointer("windows"), i), problems));
        if (problems.size() == before && leaves_no_time(quiet.windows)) in.refuse("windows", "leave no minute of the week; disable the channel instead");
    }
    in.texts("except_severities", quiet.except_severities, kSeverities.size(), {.min = 1});
    check_words(in, "except_severities", quiet.except_severities, kSeverities, problems);
    in.finish();
    if (problems.size() != before) return std::nullopt;
    return quiet;
}

Json write_quiet_hours(const QuietHours& quiet) {
    Json document;
    document["time_zone"] = quiet.time_zone;
    document["windows"] = Json::array();
    for (const auto& window : quiet.windows) {
        Json names = Json::array();
        for (std::size_t i = 0; i < kDays.size(); ++i) {
            if (window.days[i]) names.push_back(kDays[i]);
        }
        document["windows"].push_back({{"days", names}, {"from", text_of_time(window.from)}, {"to", text_of_time(window.to)}});
    }
    document["except_severities"] = quiet.except_severities;
    return document;
}

std::optional<TimePoint> quiet_until(const QuietHours& quiet, TimePoint now) {
    const auto zone = calendar::Zone::find(quiet.time_zone);
    if (!zone) return std::nullopt;
    std::optional<TimePoint> until;
    // Windows follow each other for a week at most, as they leave some of it.
    for (std::size_t i = 0; i < 8 * kMostWindows; ++i) {
        const auto end = end_of(quiet, *zone, until.value_or(now));
        if (!end) return until;
        until = end;
    }
    return until;
}

}  // namespace sonde::channel
