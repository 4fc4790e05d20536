#include "controlplane/status_page/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/crypto/crypto.h"

namespace sonde::status_page {
namespace {

using namespace std::string_view_literals;

struct Type {
    std::string_view name;
    std::string_view magic;
    std::string_view at_eight;  // what follows in the ninth byte
};

constexpr std::array kTypes{
    Type{"image/png", "\x89PNG\r\n\x1a\n"sv, {}},           Type{"image/jpeg", "\xff\xd8\xff"sv, {}},      Type{"image/gif", "GIF87a"sv, {}},
    Type{"image/gif", "GIF89a"sv, {}},                      Type{"image/webp", "RIFF"sv, "WEBP"sv},        Type{"image/x-icon", "\0\0\1\0"sv, {}},
    Type{"image/vnd.microsoft.icon", "\0\0\1\0"sv, {}},
};

bool begins_as(std::string_view picture, const Type& type) {
    return picture.starts_with(type.magic) && (type.at_eight.empty() || (picture.size() >= 12 && picture.substr(8).starts_with(type.at_eight)));
}

}  // namespace

std::optional<std::string> image_mistake(std::string_view url) {
    constexpr auto kWanted = "must be a data URL such as data:image/png;base64,… of a PNG, JPEG, WebP, GIF or ICO";
    constexpr auto kScheme = "data:"sv;
    constexpr auto kEncoded = ";base64,"sv;
    const auto comma = url.find(kEncoded);
    if (!url.starts_with(kScheme) || comma == std::string_view::npos) return kWanted;
    const auto name = url.substr(kScheme.size(), comma - kScheme.size());
    if (std::none_of(kTypes.begin(), kTypes.end(), [&](const Type& type) { return type.name == name; })) return kWanted;
    const auto picture = crypto::from_base64(url.substr(comma + kEncoded.size()));
    if (!picture) return "is not base64 with padding (RFC 4648)";
    if (picture->size() > kMostImage) return fmt::format("has {} bytes; {} at most", picture->size(), kMostImage);
    if (std::none_of(kTypes.begin(), kTypes.end(), [&](const Type& type) { return type.name == name && begins_as(*picture, type); })) {
        return fmt::format("does not begin as a picture of the type {} does", name);
    }
    return std::nullopt;
}

}  // namespace sonde::status_page
