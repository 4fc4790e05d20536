// Values in PostgreSQL's text form, both ways.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "lib/db/db.h"
#include "lib/db/session.h"

namespace sonde::db {
namespace {

[[noreturn]] void refuse(std::string_view what) { throw DbError(Failure::broken, std::string(what)); }

// The protocol ends a text at its first zero byte, and would silently cut it there.
void check_text(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) refuse("a text parameter contains a zero byte");
}

void append_quoted(std::string& array, std::string_view item) {
    check_text(item);
    array += '"';
    for (const char c : item) {
        if (c == '"' || c == '\\') array += '\\';
        array += c;
    }
    array += '"';
}

template <class Items, class Append>
std::string array_of(const Items& items, std::size_t bytes_each, Append append) {
    std::string array;
    array.reserve(2 + items.size() * bytes_each);
    array += '{';
    bool first = true;
    for (const auto& item : items) {
        if (!first) array += ',';
        first = false;
        append(array, item);
    }
    array += '}';
    return array;
}

template <class Number>
void append_number(std::string& text, Number number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    text.append(digits, end);
}

void append_time(std::string& text, TimePoint at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(at - day);
    if (int(date.year()) < 1 || int(date.year()) > 9999) refuse("an instant outside the years 1 to 9999");
    fmt::format_to(std::back_inserter(text), "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}+00", int(date.year()), unsigned(date.month()),
                   unsigned(date.day()), time.hours().count(), time.minutes().count(), time.seconds().count(),
                   time.subseconds().count());
}

// `2026-01-31 23:59:59[.123456]+00`, which a session in UTC with ISO dates always writes.
std::optional<TimePoint> read_time(std::string_view text) {
    const auto number = [&text](std::size_t at, std::size_t digits) -> int {
        int value = 0;
        if (text.size() < at + digits) return -1;
        const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + digits, value);
        return error == std::errc{} && end == text.data() + at + digits ? value : -1;
    };
    const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
    const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
    if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) return std::nullopt;
    int ms = 0;
    std::size_t at = 19;
    if (at < text.size() && text[at] == '.') {
        for (int scale = 100; ++at < text.size() && text[at] >= '0' && text[at] <= '9'; scale /= 10) ms += (text[at] - '0') * scale;
    }
    if (text.substr(at) != "+00") return std::nullopt;
    const auto date = std::chrono::year{year} / month / day;
    if (!date.ok()) return std::nullopt;
    return TimePoint{std::chrono::sys_days{date}} + std::chrono::hours{hour} + std::chrono::minutes{minute} + seconds{second} +
           milliseconds{ms};
}

std::string read_bytes(std::string_view text) {
    const auto nibble = [](char c) -> int {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        return -1;
    };
    if (!text.starts_with("\\x") || text.size() % 2 != 0) refuse("a value is not bytea in hexadecimal form");
    std::string raw;
    raw.reserve(text.size() / 2 - 1);
    for (std::size_t i = 2; i < text.size(); i += 2) {
        const int high = nibble(text[i]), low = nibble(text[i + 1]);
        if (high < 0 || low < 0) refuse("a value is not bytea in hexadecimal form");
        raw += static_cast<char>(high * 16 + low);
    }
    return raw;
}

// The items of a one-dimensional array: `{plain,"quo\"ted",NULL}`. Calls `take(item, quoted)` for each.
template <class Take>
void read_array(std::string_view text, Take take) {
    if (text.size() < 2 || text.front() != '{' || text.back() != '}') refuse("a value is not a one-dimensional array");
    text = text.substr(1, text.size() - 2);
    std::string item;
    while (!text.empty()) {
        item.clear();
        std::size_t at = 0;
        const bool quoted = text.front() == '"';
        if (quoted) {
            for (at = 1; at < text.size() && text[at] != '"'; ++at) {
                if (text[at] == '\\') ++at;
                if (at < text.size()) item += text[at];
            }
            ++at;
        } else {
            at = std::min(text.find(','), text.size());
            item = text.substr(0, at);
            if (item.find('{') != std::string::npos) refuse("a value is not a one-dimensional array");
        }
        if (!quoted && item == "NULL") refuse("an array has a null where none was expected");
        take(item);
        if (at < text.size() && text[at] != ',') refuse("a value is not a one-dimensional array");
        text.remove_prefix(std::min(at + 1, text.size()));
    }
}

std::string_view required(const void* result, int row, int column) {
    if (const auto found = cell(result, row, column)) return *found;
    refuse(fmt::format("column {} is null", column));
}

template <class Number>
Number read_number(std::string_view text, int column) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) refuse(fmt::format("column {} is not a number that fits", column));
    return value;
}

}  // namespace

Param::Param(std::string_view value) : text_(value) { check_text(value); }
Param::Param(const std::string& value) : Param(std::string_view(value)) {}
Param::Param(const char* value) : Param(std::string_view(value)) {}
Param::Param(bool value) : text_(value ? "t" : "f") {}
Param::Param(int value) : text_(std::to_string(value)) {}
Param::Param(std::int64_t value) : text_(std::to_string(value)) {}
Param::Param(double value) : text_(fmt::format("{}", value)) {}
Param::Param(TimePoint value) : text_(std::string{}) { append_time(*text_, value); }

Param::Param(const std::vector<std::int64_t>& values) : text_(array_of(values, 20, append_number<std::int64_t>)) {}
Param::Param(const std::vector<int>& values) : text_(array_of(values, 6, append_number<int>)) {}
Param::Param(const std::vector<bool>& values)
    : text_(array_of(values, 2, [](std::string& array, bool value) { array += value ? 't' : 'f'; })) {}
Param::Param(const std::vector<std::string>& values)
    : text_(array_of(values, 16, [](std::string& array, const std::string& value) { append_quoted(array, value); })) {}
Param::Param(const std::vector<TimePoint>& values) : text_(array_of(values, 30, [](std::string& array, TimePoint value) {
    array += '"';
    append_time(array, value);
    array += '"';
})) {}
Param::Param(const std::vector<std::optional<std::string>>& values)
    : text_(array_of(values, 16, [](std::string& array, const std::optional<std::string>& value) {
          if (value) {
              append_quoted(array, *value);
          } else {
              array += "NULL";
          }
      })) {}

Param Param::bytes(std::string_view raw) {
    constexpr std::string_view digits = "0123456789abcdef";
    Param param{std::nullopt};
    auto& text = param.text_.emplace("\\x");
    text.reserve(2 + raw.size() * 2);
    for (const char c : raw) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return param;
}

bool Row::is_null(int column) const { return !cell(result_, index_, column); }
std::string_view Row::text(int column) const { return required(result_, index_, column); }
std::int64_t Row::whole(int column) const { return read_number<std::int64_t>(text(column), column); }
int Row::small(int column) const { return read_number<int>(text(column), column); }

double Row::real(int column) const {
    const auto value = text(column);
    if (value == "Infinity") return std::numeric_limits<double>::infinity();
    if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
    if (value == "NaN") return std::nan("");
    return read_number<double>(value, column);
}

bool Row::boolean(int column) const {
    const auto value = text(column);
    if (value != "t" && value != "f") refuse(fmt::format("column {} is not a boolean", column));
    return value == "t";
}

TimePoint Row::time(int column) const {
    if (const auto at = read_time(text(column))) return *at;
    refuse(fmt::format("column {} is not a timestamp with time zone", column));
}

std::vector<std::string> Row::texts(int column) const {
    std::vector<std::string> items;
    read_array(text(column), [&items](const std::string& item) { items.push_back(item); });
    return items;
}

std::vector<std::int64_t> Row::wholes(int column) const {
    std::vector<std::int64_t> items;
    read_array(text(column), [&](const std::string& item) { items.push_back(read_number<std::int64_t>(item, column)); });
    return items;
}

std::string Row::bytes(int column) const { return read_bytes(text(column)); }

}  // namespace sonde::db
