#include "controlplane/status_page/picture/font.h"

#include <ft2build.h>
#include FT_FREETYPE_H

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/utf8.h"

namespace sonde::status_page::picture {
namespace {

constexpr std::size_t kMostCharacters = 400;
constexpr int kUnit = 64;  // FreeType counts in 1/64 of a pixel

// Scripts of which letters in a row are not yet words: Hebrew to Myanmar, Khmer and Mongolian, and their forms for presentation.
constexpr std::array<std::pair<char32_t, char32_t>, 5> kShaped{{{0x0590, 0x109f}, {0x1780, 0x18af}, {0x1900, 0x1cff}, {0xfb1d, 0xfdff}, {0xfe70, 0xfeff}}};

bool is_shaped(char32_t c) {
    return std::any_of(kShaped.begin(), kShaped.end(), [c](const auto& range) { return c >= range.first && c <= range.second; });
}

bool is_space(char32_t c) { return c <= 0x20 || c == 0x7f || c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x3000; }

}  // namespace

struct Font::Face {
    FT_Library library = nullptr;
    FT_Face face = nullptr;

    Face() = default;
    Face(const Face&) = delete;
    Face& operator=(const Face&) = delete;
    ~Face() {
        if (face != nullptr) FT_Done_Face(face);
        if (library != nullptr) FT_Done_FreeType(library);
    }

    [[nodiscard]] bool has(char32_t c) const { return FT_Get_Char_Index(face, c) != 0; }

    // Calls with each character's glyph loaded and the place of its origin; the place after the last.
    template <class Each>
    int walk(std::string_view text, int size, FT_Int32 flags, Each each) const {
        if (FT_Set_Pixel_Sizes(face, 0, static_cast<FT_UInt>(size)) != 0) return 0;
        Utf8Cursor at(text);
        FT_Pos pen = 0;
        FT_UInt last = 0;
        while (const auto c = at.next()) {
            const auto glyph = FT_Get_Char_Index(face, *c);
            FT_Vector kern{};
            if (last != 0 && FT_HAS_KERNING(face) && FT_Get_Kerning(face, last, glyph, FT_KERNING_DEFAULT, &kern) == 0) pen += kern.x;
            last = glyph;
            if (FT_Load_Glyph(face, glyph, flags) != 0) continue;
            each(static_cast<int>(pen / kUnit));
            pen += face->glyph->advance.x;
        }
        return static_cast<int>(pen / kUnit);
    }
};

Font::Font(std::unique_ptr<Face> face) : face_(std::move(face)) {}
Font::Font(Font&&) noexcept = default;
Font& Font::operator=(Font&&) noexcept = default;
Font::~Font() = default;

Result<Font> Font::open(const std::string& path) {
    auto face = std::make_unique<Face>();
    if (FT_Init_FreeType(&face->library) != 0) return Error{"FreeType cannot be started"};
    if (FT_New_Face(face->library, path.c_str(), 0, &face->face) != 0) return Error{"the font " + path + " cannot be read"};
    if (!FT_IS_SCALABLE(face->face) || FT_Select_Charmap(face->face, FT_ENCODING_UNICODE) != 0) return Error{"the font " + path + " cannot be scaled, or does not know Unicode"};
    return Font(std::move(face));
}

std::string Font::writable(std::string_view text) const {
    std::string written;
    std::size_t all = 0;
    std::size_t lacking = 0;
    Utf8Cursor at(text);
    for (auto c = at.next(); c && all < kMostCharacters; c = at.next()) {
        if (is_shaped(*c)) return {};
        if (is_space(*c)) {
            if (!written.empty() && written.back() != ' ') written += ' ';
            continue;
        }
        ++all;
        if (face_->has(*c)) {
            append_utf8(written, *c);
        } else {
            ++lacking;
        }
    }
    while (written.ends_with(' ')) written.pop_back();
    return lacking * 2 > all ? std::string() : written;
}

int Font::width(std::string_view text, int size) const {
    return face_->walk(text, size, FT_LOAD_DEFAULT, [](int) {});
}

void Font::write(Canvas& canvas, std::string_view text, int x, int y, int size, html::Colour colour) const {
    face_->walk(text, size, FT_LOAD_RENDER, [&](int pen) {
        const auto* glyph = face_->face->glyph;
        const auto& bitmap = glyph->bitmap;
        if (bitmap.pixel_mode != FT_PIXEL_MODE_GRAY || bitmap.pitch < 0) return;
        for (unsigned row = 0; row < bitmap.rows; ++row) {
            const auto* line = bitmap.buffer + static_cast<std::size_t>(row) * static_cast<std::size_t>(bitmap.pitch);
            for (unsigned column = 0; column < bitmap.width; ++column) {
                canvas.blend(x + pen + glyph->bitmap_left + static_cast<int>(column), y - glyph->bitmap_top + static_cast<int>(row), colour, line[column]);
            }
        }
    });
}

}  // namespace sonde::status_page::picture
