#include "notifier/channel/mail_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/utf8.h"
#include "lib/crypto/crypto.h"
#include "notifier/core/clean_text.h"

namespace sonde::notifier::mail_header {
namespace {

constexpr std::string_view kFold = "\r\n ";
constexpr std::size_t kMostAsItIs = 60;
// RFC 2047, section 2: a word has at most 75 characters, a line with one 76, its field's name included.
constexpr std::size_t kBytesOfWord = 36;
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_plain(std::string_view text) {
    return text.size() <= kMostAsItIs && text.find("=?") == std::string_view::npos && !text.starts_with(' ') && !text.ends_with(' ') &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

// RFC 5322, section 3.2.3: words that need no quotes.
bool is_phrase(std::string_view text) {
    return is_plain(text) && std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

std::string encoded_words(std::string_view text) {
    std::string words;
    while (!text.empty()) {
        Utf8Cursor cursor(text);
        std::size_t end = 0;
        while (cursor.next() && cursor.offset() <= kBytesOfWord) end = cursor.offset();
        words += fmt::format("{}=?UTF-8?B?{}?=", words.empty() ? "" : kFold, crypto::base64(text.substr(0, end)));
        text.remove_prefix(end);
    }
    return words;
}

}  // namespace

// Not by the locale's names.
std::string date(TimePoint at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day when(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<seconds>(at - day));
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(when.day()),
                       kMonths[static_cast<unsigned>(when.month()) - 1], static_cast<int>(when.year()), time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::string text(std::string_view any) {
    const auto clean = clean_text(any, any.size() * 3);
    return is_plain(clean) ? clean : encoded_words(clean);
}

std::string mailbox(std::string_view name, std::string_view address) {
    const auto clean = clean_text(name, name.size() * 3);
    if (clean.empty()) return std::string(address);
    return fmt::format("{}{}<{}>", is_phrase(clean) ? clean : encoded_words(clean), is_phrase(clean) ? " " : kFold, address);
}

std::string addresses(const std::vector<std::string>& all) {
    std::string list;
    for (const auto& address : all) list += fmt::format("{}{}", list.empty() ? "" : ",\r\n ", address);
    return list;
}

}  // namespace sonde::notifier::mail_header
