// Pixels, and what is made of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/status_page/html/colour.h"

namespace sonde::status_page::picture {

// All of one colour at first. What is drawn beside it is lost.
class Canvas {
public:
    Canvas(int width, int height, html::Colour colour);

    void fill(int x, int y, int width, int height, html::Colour colour);
    // With corners that are quarters of a circle.
    void fill_round(int x, int y, int width, int height, int radius, html::Colour colour);
    // `share` of 255 of this colour.
    void blend(int x, int y, html::Colour colour, int share);

    // As PNG; nothing if that is more than `most` bytes.
    [[nodiscard]] std::optional<std::string> png(std::size_t most) const;

private:
    int width_;
    int height_;
    std::vector<std::uint8_t> pixels_;  // red, green, blue
};

}  // namespace sonde::status_page::picture
