// Pictures that a page carries in itself: data URLs of raster images. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sonde::status_page {

inline constexpr std::size_t kMostImage = 256 << 10;  // bytes of the picture

// What is wrong with `data:image/png;base64,…`, in words that follow the field's name: PNG, JPEG, WebP, GIF or ICO, which begins as pictures of its type do. SVG is
// none of them, for it may have scripts.
std::optional<std::string> image_mistake(std::string_view url);

}  // namespace sonde::status_page
