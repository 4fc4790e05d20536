#include "controlplane/status_page/picture/canvas.h"

#include <png.h>

#include <algorithm>
#include <cmath>

namespace sonde::status_page::picture {
namespace {

constexpr int kWhole = 255;

std::uint8_t mixed(int under, int over, int share) { return static_cast<std::uint8_t>((under * (kWhole - share) + over * share + kWhole / 2) / kWhole); }

}  // namespace

Canvas::Canvas(int width, int height, html::Colour colour) : width_(width), height_(height), pixels_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3) {
    fill(0, 0, width, height, colour);
}

void Canvas::blend(int x, int y, html::Colour colour, int share) {
    if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
    auto* pixel = &pixels_[(static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)) * 3];
    pixel[0] = mixed(pixel[0], colour.red, share);
    pixel[1] = mixed(pixel[1], colour.green, share);
    pixel[2] = mixed(pixel[2], colour.blue, share);
}

void Canvas::fill(int x, int y, int width, int height, html::Colour colour) {
    for (int row = y; row < y + height; ++row) {
        for (int column = x; column < x + width; ++column) blend(column, row, colour, kWhole);
    }
}

void Canvas::fill_round(int x, int y, int width, int height, int radius, html::Colour colour) {
    const auto beyond = [radius](int at, int length) { return std::max({radius - at - 0.5, at + 0.5 - (length - radius), 0.0}); };
    for (int row = 0; row < height; ++row) {
        for (int column = 0; column < width; ++column) {
            const auto distance = std::hypot(beyond(column, width), beyond(row, height));
            blend(x + column, y + row, colour, static_cast<int>(std::clamp(radius + 0.5 - distance, 0.0, 1.0) * kWhole));
        }
    }
}

std::optional<std::string> Canvas::png(std::size_t most) const {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(width_);
    image.height = static_cast<png_uint_32>(height_);
    image.format = PNG_FORMAT_RGB;
    std::string made(most, '\0');
    png_alloc_size_t bytes = most;
    const bool written = png_image_write_to_memory(&image, made.data(), &bytes, 0, pixels_.data(), 0, nullptr) != 0;
    png_image_free(&image);
    if (!written || bytes > most) return std::nullopt;
    made.resize(bytes);
    made.shrink_to_fit();
    return made;
}

}  // namespace sonde::status_page::picture
