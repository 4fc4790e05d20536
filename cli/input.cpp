#include "cli/input.h"

#include <fstream>
#include <iostream>
#include <iterator>

namespace sonde::cli {
namespace {

bool read_all(std::istream& in, std::string& text) {
    // A directory can be opened, and then throws.
    try {
        text.assign(std::istreambuf_iterator<char>(in), {});
        return !in.bad();
    } catch (const std::ios_base::failure&) {
        return false;
    }
}

}  // namespace

std::string read_input(const std::string& file, int exit_code) {
    const bool standard_input = file == "-";
    std::ifstream opened;
    if (!standard_input) opened.open(file);
    std::string text;
    if (!(standard_input || opened) || !read_all(standard_input ? std::cin : opened, text)) {
        throw Failure{standard_input ? "cannot read the standard input" : "cannot read " + file, exit_code};
    }
    return text;
}

}  // namespace sonde::cli
