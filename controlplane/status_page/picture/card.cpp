#include "controlplane/status_page/picture/card.h"

#include <fmt/format.h>

#include <array>

#include "controlplane/status_page/html/condition_colour.h"
#include "controlplane/status_page/html/language.h"
#include "controlplane/status_page/picture/line.h"
#include "lib/crypto/crypto.h"

namespace sonde::status_page::picture {
namespace {

constexpr html::Colour kPaper{0xff, 0xff, 0xff};
constexpr html::Colour kInk{0x14, 0x18, 0x1f};
constexpr html::Colour kQuiet{0x59, 0x63, 0x70};

// Of large letters (WCAG 2, level AA).
constexpr double kReadableLarge = 3.0;

// In pixels. Social networks cut a little off all sides.
constexpr int kMargin = 80;
constexpr int kRoom = kCardWidth - 2 * kMargin;
constexpr int kBand = 24;         // of the page's colour, above
constexpr int kTitleSize = 76;
constexpr int kTitleFoot = 172;   // of its first line
constexpr int kTitleStep = 96;
constexpr std::size_t kTitleLines = 2;
constexpr int kStateTop = 346;
constexpr int kStateHeight = 136;
constexpr int kStateRadius = 20;
constexpr int kStatePadding = 44;
constexpr std::array<int, 3> kStateSizes{54, 46, 38};  // the largest that there is room for
constexpr int kDaySize = 36;
constexpr int kDayFoot = 562;

int state_size(const Font& font, const std::string& text, int room) {
    for (const auto size : kStateSizes) {
        if (font.width(text, size) <= room) return size;
    }
    return kStateSizes.back();
}

void write_state(Canvas& canvas, const Card& card, const Font& font) {
    canvas.fill_round(kMargin, kStateTop, kRoom, kStateHeight, kStateRadius, card.colour);
    const auto text = font.writable(card.state);
    const auto room = kRoom - 2 * kStatePadding;
    const auto size = state_size(font, text, room);
    const auto cap = size * 73 / 100;  // what capital letters are high, in most fonts
    font.write(canvas, cut(text, room, [&](std::string_view part) { return font.width(part, size); }), kMargin + kStatePadding, kStateTop + (kStateHeight + cap) / 2, size,
               html::contrast(kPaper, card.colour) >= kReadableLarge ? kPaper : html::text_on(card.colour));
}

}  // namespace

Card card_of(const Snapshot& page) {
    const auto& words = html::Language::find(page.look.language);
    const auto zone = calendar::Zone::find(page.look.time_zone);
    return {page.look.title, words.text("overall", name_of(page.condition)), words.day(html::day_of(zone ? *zone : calendar::Zone::utc(), page.made_at)),
            html::read_colour(page.look.accent).value_or(*html::read_colour(Look{}.accent)), *html::read_colour(html::colour_of(page.condition))};
}

std::string version_of(const Card& card) {
    return crypto::hex(crypto::sha256(fmt::format("{}:{} {}:{} {} {} {}", card.title.size(), card.title, card.state.size(), card.state, card.day, html::write_colour(card.accent),
                                                  html::write_colour(card.colour))));
}

std::optional<std::string> draw(const Card& card, const Font& font) {
    Canvas canvas(kCardWidth, kCardHeight, kPaper);
    canvas.fill(0, 0, kCardWidth, kBand, card.accent);
    auto foot = kTitleFoot;
    for (const auto& line : lines_of(font.writable(card.title), kRoom, kTitleLines, [&font](std::string_view part) { return font.width(part, kTitleSize); })) {
        font.write(canvas, line, kMargin, foot, kTitleSize, kInk);
        foot += kTitleStep;
    }
    write_state(canvas, card, font);
    font.write(canvas, font.writable(card.day), kMargin, kDayFoot, kDaySize, kQuiet);
    return canvas.png(kMostCardBytes);
}

}  // namespace sonde::status_page::picture
