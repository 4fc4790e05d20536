// The picture that is shown where somebody links to a page (Open Graph): its title, its state in words and colour, and the day.
#pragma once

#include <optional>
#include <string>

#include "controlplane/status_page/html/colour.h"
#include "controlplane/status_page/picture/font.h"
#include "controlplane/status_page/snapshot.h"

namespace sonde::status_page::picture {

inline constexpr int kCardWidth = 1200;
inline constexpr int kCardHeight = 630;
inline constexpr std::size_t kMostCardBytes = 256U << 10U;

// All that is in it. As long as this is the same, so is the picture: it does not change with every snapshot.
struct Card {
    std::string title;
    std::string state;
    std::string day;
    html::Colour accent;
    html::Colour colour;  // of the state
};
Card card_of(const Snapshot& page);
// The same for the same.
std::string version_of(const Card& card);

// As PNG. What the font cannot write is left out, what is too long is cut. Nothing if it cannot be made within kMostCardBytes.
std::optional<std::string> draw(const Card& card, const Font& font);

}  // namespace sonde::status_page::picture
