// CSV by RFC 4180. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sonde::history {

// Text of people, which a spreadsheet must not take for a formula, or a value of ours as it is to stand; empty for none.
struct Text {
    std::string value;
};
using Cell = std::variant<Text, std::string>;

// One line with its CRLF. Text that begins as a formula would (= + - @, tab, carriage return, and their full-width forms) gets an apostrophe before it.
std::string csv_line(const std::vector<Cell>& cells);

}  // namespace sonde::history
