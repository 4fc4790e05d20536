#include "controlplane/status_page/html/colour.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace sonde::status_page::html {
namespace {

constexpr Colour kBlack{0, 0, 0};
constexpr Colour kWhite{255, 255, 255};

double linear(int channel) {
    const double value = channel / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(Colour colour) { return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue); }

int between(int from, int to, int percent) { return from + (to - from) * percent / 100; }

Colour mixed(Colour from, Colour to, int percent) {
    return {between(from.red, to.red, percent), between(from.green, to.green, percent), between(from.blue, to.blue, percent)};
}

}  // namespace

std::optional<Colour> read_colour(std::string_view text) {
    if (text.size() != 7 || text.front() != '#') return std::nullopt;
    unsigned value = 0;
    const auto [end, wrong] = std::from_chars(text.data() + 1, text.data() + text.size(), value, 16);
    if (wrong != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return Colour{static_cast<int>(value >> 16U), static_cast<int>(value >> 8U & 0xffU), static_cast<int>(value & 0xffU)};
}

std::string write_colour(Colour colour) { return fmt::format("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue); }

double contrast(Colour one, Colour other) {
    const auto [darker, lighter] = std::minmax({luminance(one), luminance(other)});
    return (lighter + 0.05) / (darker + 0.05);
}

Colour text_on(Colour background) { return contrast(kWhite, background) >= contrast(kBlack, background) ? kWhite : kBlack; }

Colour readable_on(Colour colour, Colour background) {
    const auto end = text_on(background);
    for (int percent = 0; percent < 100; percent += 2) {
        if (const auto tried = mixed(colour, end, percent); contrast(tried, background) >= kReadable) return tried;
    }
    return end;
}

}  // namespace sonde::status_page::html
