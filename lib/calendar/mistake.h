// What is wrong with an expression, and where.
#pragma once

#include <fmt/format.h>

#include <string>

namespace sonde::calendar {

struct Mistake {
    std::string message;     // for people: `minute must be from 0 to 59, not 60`
    std::size_t column = 0;  // of the text that was given, in bytes from 1; 0 if it is about all of it

    [[nodiscard]] std::string text() const { return column == 0 ? message : fmt::format("column {}: {}", column, message); }
};

}  // namespace sonde::calendar
