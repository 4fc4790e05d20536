// Modules for tests, from text.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "probe-agent/blackbox/module_file.h"

namespace sonde::test {

// The files there are: `secret`, `secret2`.
inline Result<std::string> read_no_disk(const std::string& path) {
    if (path == "secret") return std::string("of the file\n");
    if (path == "secret2") return std::string("token-of-file\n");
    return Error{"cannot be read: there is none"};
}

// All that is wrong with a file, one a line; `none`.
inline std::string mistakes(const std::string& text) {
    const auto modules = agent::blackbox::read_modules(text, "file", read_no_disk);
    return modules ? "none" : modules.error().message;
}

// One module named `m`, from what stands below its name, indented by four.
inline std::shared_ptr<const agent::blackbox::Module> module_of(const std::string& text) {
    const auto modules = agent::blackbox::read_modules("modules:\n  m:\n    " + text + "\n", "file", read_no_disk);
    REQUIRE_MESSAGE(modules, (modules ? "" : modules.error().message));
    return (*modules)->by_name.at("m");
}

}  // namespace sonde::test
