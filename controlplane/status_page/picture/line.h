// Texts in lines, of a room that is given. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::status_page::picture {

using Measure = std::function<int(std::string_view)>;  // how long a text is; longer for a longer one

// `text` itself if there is room for it; else as much of it as there is with `…` after it. Cut between characters, with no space before the end.
std::string cut(std::string_view text, int room, const Measure& measure);

// At most `most` lines, broken at spaces, and within a word only where that is longer than a line. The last one is cut if not all of the text finds room.
std::vector<std::string> lines_of(std::string_view text, int room, std::size_t most, const Measure& measure);

}  // namespace sonde::status_page::picture
