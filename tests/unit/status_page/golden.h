// Files that say what we write. With SONDE_UPDATE_GOLDEN set, the file becomes what we write now; look at the difference before you keep it.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace sonde::test {

// `name` is a path under tests/unit/status_page.
inline void check_golden(const std::string& name, const std::string& text) {
    CAPTURE(name);
    const auto* source = std::getenv("SONDE_SOURCE_DIR");  // set by meson
    const auto path = std::string(source != nullptr ? source : ".") + "/tests/unit/status_page/" + name;
    if (std::getenv("SONDE_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
    std::stringstream golden;
    golden << std::ifstream(path).rdbuf();
    CHECK(golden.str() == text);
}

}  // namespace sonde::test
