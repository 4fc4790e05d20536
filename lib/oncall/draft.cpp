#include "lib/oncall/draft.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace sonde::oncall {
namespace {

using std::chrono::minutes;

constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int kLongestHours = 52 * 7 * 24;

std::optional<int> whole(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

// `09:30`, up to `24:00`.
std::optional<minutes> time_of_day(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const auto hour = whole(text.substr(0, 2));
    const auto minute = whole(text.substr(3));
    if (!hour || !minute || *minute > 59 || *hour * 60 + *minute > 24 * 60) return std::nullopt;
    return minutes{*hour * 60 + *minute};
}

std::string text_of(minutes time) { return fmt::format("{:02}:{:02}", time.count() / 60, time.count() % 60); }

// `2026-01-05T09:00`: what a clock on the wall says.
std::optional<Wall> wall(std::string_view text) {
    if (text.size() != 16 || text[4] != '-' || text[7] != '-' || text[10] != 'T') return std::nullopt;
    const auto year = whole(text.substr(0, 4)), month = whole(text.substr(5, 2)), day = whole(text.substr(8, 2));
    const auto time = time_of_day(text.substr(11));
    if (!year || !month || !day || !time || *time == std::chrono::hours{24} || *year < 1970 || *year > 2199) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)}, std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return std::nullopt;
    return Wall{std::chrono::local_days{date}} + *time;
}

std::string text_of(Wall time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    return fmt::format("{:04}-{:02}-{:02}T{}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), text_of(time - Wall{day}));
}

// ISO 8601 with one unit: `P1W`, `P2D`, `PT12H`.
std::optional<std::chrono::hours> length(std::string_view text) {
    const bool timed = text.starts_with("PT");
    if (!text.starts_with('P') || text.size() < 3) return std::nullopt;
    const auto count = whole(text.substr(timed ? 2 : 1, text.size() - (timed ? 3 : 2)));
    const int unit = timed ? (text.back() == 'H' ? 1 : 0) : text.back() == 'D' ? 24 : text.back() == 'W' ? 7 * 24 : 0;
    if (!count || unit == 0 || *count < 1 || *count > kLongestHours / unit) return std::nullopt;
    return std::chrono::hours{*count * unit};
}

std::string text_of(std::chrono::hours length) {
    const auto hours = length.count();
    if (hours % (7 * 24) == 0) return fmt::format("P{}W", hours / (7 * 24));
    return hours % 24 == 0 ? fmt::format("P{}D", hours / 24) : fmt::format("PT{}H", hours);
}

template <class Value, class Parse>
void read_text(json::Reader& in, std::string_view field, Value& target, Parse parse, std::string_view rule) {
    std::string text;
    if (!in.text(field, text, {.min = 1, .max = 40})) return;
    if (const auto value = parse(text)) target = *value;
    else in.refuse(field, std::string(rule));
}

void read_days(json::Reader& in, Hours& hours, json::Problems& problems) {
    hours.days = {1, 2, 3, 4, 5, 6, 7};
    std::vector<std::string> names;
    if (!in.texts("days", names, kDays.size(), {.min = 1, .max = 10})) return;
    hours.days.clear();
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto found = std::find(kDays.begin(), kDays.end(), names[i]);
        if (found == kDays.end()) problems.push_back({fmt::format("{}/{}", in.pointer("days"), i), fmt::format("must be one of {}", fmt::join(kDays, ", "))});
        else hours.days.push_back(static_cast<unsigned>(found - kDays.begin()) + 1);
    }
    std::sort(hours.days.begin(), hours.days.end());
    hours.days.erase(std::unique(hours.days.begin(), hours.days.end()), hours.days.end());
    if (names.empty()) in.refuse("days", "must have one at least");
}

Hours read_hours(const Json& document, const std::string& pointer, json::Problems& problems) {
    Hours hours;
    json::Reader in(document, pointer, problems);
    in.require({"from", "to"});
    read_days(in, hours, problems);
    constexpr std::string_view rule = "must be a time of the day: 09:00";
    read_text(in, "from", hours.from, time_of_day, rule);
    read_text(in, "to", hours.to, time_of_day, rule);
    if (hours.from == minutes{24 * 60}) in.refuse("from", std::string(rule));
    in.finish();
    return hours;
}

void read_members(json::Reader& in, std::vector<UserId>& members, json::Problems& problems) {
    std::vector<std::string> texts;
    if (!in.texts("members", texts, kMostMembers, {.min = 1, .max = 40})) return;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (const auto user = UserId::parse(texts[i])) members.push_back(*user);
        else problems.push_back({fmt::format("{}/{}", in.pointer("members"), i), "is not an identifier of the right kind"});
    }
}

Layer read_layer(const Json& document, const std::string& pointer, json::Problems& problems) {
    Layer layer;
    json::Reader in(document, pointer, problems);
    in.require({"name", "members", "rotation"});
    in.text("name", layer.name, {.min = 1});
    read_members(in, layer.members, problems);
    if (const auto* rotation = in.object("rotation")) {
        json::Reader inner(*rotation, in.pointer("rotation"), problems);
        inner.require({"start", "length"});
        read_text(inner, "start", layer.start, wall, "must be what a clock of the time zone says, to the minute: 2026-01-05T09:00");
        read_text(inner, "length", layer.length, length, "must be weeks, days or hours, a year at most: P1W, P2D or PT12H");
        inner.finish();
    }
    if (const auto* all = in.array("hours", kMostHours)) {
        for (std::size_t i = 0; i < all->size(); ++i) layer.hours.push_back(read_hours((*all)[i], fmt::format("{}/{}", in.pointer("hours"), i), problems));
    }
    in.finish();
    return layer;
}

// But for the members.
Json write_rest(const Layer& layer) {
    Json hours = Json::array();
    for (const auto& one : layer.hours) {
        Json days = Json::array();
        for (const auto day : one.days) days.push_back(kDays.at(day - 1));
        hours.push_back({{"days", std::move(days)}, {"from", text_of(one.from)}, {"to", text_of(one.to)}});
    }
    return {{"name", layer.name}, {"rotation", {{"start", text_of(layer.start)}, {"length", text_of(layer.length)}}}, {"hours", std::move(hours)}};
}

}  // namespace

std::vector<Layer> read_layers(const Json& layers, const std::string& pointer, json::Problems& problems) {
    std::vector<Layer> all;
    for (std::size_t i = 0; i < layers.size(); ++i) all.push_back(read_layer(layers[i], fmt::format("{}/{}", pointer, i), problems));
    return all;
}

Json write_layers(const std::vector<Layer>& layers) {
    Json all = Json::array();
    for (const auto& layer : layers) {
        Json members = Json::array();
        for (const auto member : layer.members) members.push_back(member.text());
        auto one = write_rest(layer);
        one["members"] = std::move(members);
        all.push_back(std::move(one));
    }
    return all;
}

Json store_layers(const std::vector<Layer>& layers) {
    Json all = Json::array();
    for (const auto& layer : layers) {
        Json members = Json::array();
        for (const auto member : layer.members) members.push_back(member.value());
        auto one = write_rest(layer);
        one["members"] = std::move(members);
        all.push_back(std::move(one));
    }
    return all;
}

std::vector<Layer> stored_layers(const Json& layers) {
    std::vector<Layer> all;
    for (auto document : layers) {
        std::vector<UserId> members;
        for (const auto& number : document.at("members")) members.push_back(UserId{number.get<std::int64_t>()});
        document["members"] = Json::array();
        json::Problems problems;
        auto layer = read_layer(document, "", problems);
        if (!problems.empty()) throw std::runtime_error("a stored layer cannot be read: " + problems.front().pointer + " " + problems.front().detail);
        layer.members = std::move(members);
        all.push_back(std::move(layer));
    }
    return all;
}

}  // namespace sonde::oncall
