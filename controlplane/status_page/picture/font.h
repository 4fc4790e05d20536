// Text as pixels: one font, from a file.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "controlplane/status_page/html/colour.h"
#include "controlplane/status_page/picture/canvas.h"
#include "lib/base/result.h"

namespace sonde::status_page::picture {

// That of Debian's fonts-dejavu-core.
inline constexpr std::string_view kUsualFont = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf";

// Not thread-safe. Characters stand one after the other, with the font's kerning, from left to right: what scripts need beyond that it cannot do (`can_write`).
class Font {
public:
    // Of any format that FreeType reads and can scale. An error says what is wrong with the file.
    static Result<Font> open(const std::string& path);
    Font(Font&&) noexcept;
    Font& operator=(Font&&) noexcept;
    ~Font();

    // What of `text` can be written: without characters that the font lacks, white space as single spaces. Empty if the text is of a script that is written from right to left or whose letters
    // join, or if most of it is lacking.
    [[nodiscard]] std::string writable(std::string_view text) const;

    // Pixels that a line takes, letters being `size` pixels high or so.
    [[nodiscard]] int width(std::string_view text, int size) const;
    // With the left end and the foot of the letters at this point.
    void write(Canvas& canvas, std::string_view text, int x, int y, int size, html::Colour colour) const;

private:
    struct Face;
    explicit Font(std::unique_ptr<Face> face);
    std::unique_ptr<Face> face_;
};

}  // namespace sonde::status_page::picture
