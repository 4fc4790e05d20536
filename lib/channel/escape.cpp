#include "lib/channel/escape.h"

#include "lib/base/percent.h"

namespace sonde::channel {
namespace {

constexpr std::string_view kMarks = "\\`*_{}[]()<>#|~";
constexpr std::string_view kNoWidth = "\xE2\x80\x8B";  // U+200B

void append_markup(std::string& made, char c, Escape escape) {
    if (c == '&') {
        made += "&amp;";
    } else if (c == '<') {
        made += "&lt;";
    } else if (c == '>') {
        made += "&gt;";
    } else if (c == '"' && escape == Escape::html) {
        made += "&quot;";
    } else {
        made += c;
    }
}

}  // namespace

std::string escaped(std::string_view text, Escape escape) {
    if (escape == Escape::none) return std::string(text);
    std::string made;
    made.reserve(text.size());
    for (const char c : text) {
        if (escape != Escape::markdown) {
            append_markup(made, c, escape);
            continue;
        }
        if (kMarks.find(c) != std::string_view::npos) made += '\\';
        made += c;
        if (c == '@') made += kNoWidth;
    }
    return made;
}

std::string percent_encoded(std::string_view text) { return sonde::percent_encoded(text, ":@"); }

}  // namespace sonde::channel
