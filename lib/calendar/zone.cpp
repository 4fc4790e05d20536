#include "lib/calendar/zone.h"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace sonde::calendar {
namespace {

using std::chrono::days;
using std::chrono::floor;
using CctzPoint = cctz::time_point<cctz::seconds>;

constexpr std::size_t kLongestName = 64;

const cctz::civil_second kEpoch(1970);

CctzPoint to_cctz(Instant at) { return CctzPoint{cctz::seconds{floor<seconds>(at).time_since_epoch().count()}}; }
Instant from_cctz(CctzPoint at) { return Instant{seconds{at.time_since_epoch().count()}}; }
Local from_civil(cctz::civil_second time) { return Local{seconds{time - kEpoch}}; }

bool well_formed(std::string_view name) {
    if (name.empty() || name.size() > kLongestName || name.front() == '/' || name.back() == '/') return false;
    for (const char c : name) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '+' && c != '-' && c != '/') return false;
    }
    for (const std::string_view refused : {"right/", "posix/", "Fixed/"}) {
        if (name.starts_with(refused)) return false;
    }
    return name != "localtime" && name != "posixrules" && name != "Factory";
}

// cctz keeps every name it was ever asked for, so it is only asked for those that exist.
bool exists(const std::string& name) {
    if (name == "UTC") return true;
    const char* directory = std::getenv("TZDIR");
    std::error_code failed;
    return std::filesystem::is_regular_file(std::filesystem::path(directory != nullptr ? directory : "/usr/share/zoneinfo") / name, failed);
}

}  // namespace

struct Zone::Data {
    std::string name;
    cctz::time_zone zone;

    Change change(const cctz::time_zone::civil_transition& transition) const {
        // What the clock shows from then on is shown once if it went forward, twice if it went back.
        const auto found = zone.lookup(transition.to);
        const auto at = from_cctz(found.kind == cctz::time_zone::civil_lookup::REPEATED ? found.trans : found.pre);
        const auto offset = [&](cctz::civil_second shown) {
            return std::chrono::duration_cast<seconds>(from_civil(shown).time_since_epoch() - at.time_since_epoch());
        };
        return {at, offset(transition.from), offset(transition.to)};
    }
};

Result<Zone> Zone::find(std::string_view name) {
    auto data = std::make_shared<Data>();
    data->name = name;
    if (!well_formed(name) || !exists(data->name) || !cctz::load_time_zone(data->name, &data->zone)) {
        return Error{fmt::format("is not a time zone of the IANA database: {}", name.substr(0, kLongestName))};
    }
    return Zone{std::move(data)};
}

Zone Zone::utc() {
    auto data = std::make_shared<Data>();
    data->name = "UTC";
    data->zone = cctz::utc_time_zone();
    return Zone{std::move(data)};
}

const std::string& Zone::name() const { return data_->name; }

seconds Zone::offset(Instant at) const { return seconds{data_->zone.lookup(to_cctz(at)).offset}; }

Reading Zone::read(Local time) const {
    const auto whole = floor<seconds>(time);
    const auto rest = time - whole;
    const auto found = data_->zone.lookup(kEpoch + whole.time_since_epoch().count());
    Reading reading;
    reading.first = from_cctz(found.pre) + rest;
    if (found.kind == cctz::time_zone::civil_lookup::UNIQUE) return reading;
    reading.kind = found.kind == cctz::time_zone::civil_lookup::SKIPPED ? Reading::Kind::never : Reading::Kind::twice;
    reading.change = from_cctz(found.trans);
    const auto shown = [&](CctzPoint meant) { return Local{reading.change.time_since_epoch() + (whole.time_since_epoch() - meant.time_since_epoch())}; };
    reading.begin = std::min(shown(found.pre), shown(found.post));
    reading.end = std::max(shown(found.pre), shown(found.post));
    return reading;
}

std::optional<Zone::Change> Zone::change_after(Instant at) const {
    cctz::time_zone::civil_transition transition;
    if (!data_->zone.next_transition(to_cctz(at), &transition)) return std::nullopt;
    return data_->change(transition);
}

std::optional<Zone::Change> Zone::change_until(Instant at) const {
    cctz::time_zone::civil_transition transition;
    if (!data_->zone.prev_transition(to_cctz(at) + cctz::seconds{1}, &transition)) return std::nullopt;
    return data_->change(transition);
}

std::string Zone::text(TimePoint at) const {
    const auto offset = std::chrono::duration_cast<std::chrono::minutes>(this->offset(at));
    const auto local = at + offset;
    const auto day = floor<days>(local);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{local - day};
    const auto ahead = std::chrono::abs(offset).count();
    auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                            static_cast<unsigned>(date.day()), time.hours().count(), time.minutes().count(), time.seconds().count());
    if (time.subseconds().count() != 0) text += fmt::format(".{:03}", time.subseconds().count());
    return text + fmt::format("{}{:02}:{:02}", offset.count() < 0 ? '-' : '+', ahead / 60, ahead % 60);
}

}  // namespace sonde::calendar
