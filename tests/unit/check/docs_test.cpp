#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "lib/check/spec.h"

namespace docs_test {

using namespace sonde;

namespace {

// By the heading of its section, the ```json blocks of docs/checks.md.
std::map<std::string, std::vector<std::string>> examples() {
    std::ifstream in(std::string(std::getenv("SONDE_SOURCE_DIR")) + "/docs/checks.md");
    std::map<std::string, std::vector<std::string>> found;
    std::string section;
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        if (inside && line == "```") {
            inside = false;
        } else if (inside) {
            found[section].back() += line + '\n';
        } else if (line.starts_with("## ")) {
            section = line.substr(3);
        } else if (line == "```json") {
            found[section].emplace_back();
            inside = true;
        }
    }
    return found;
}

}  // namespace

TEST_CASE("every example in docs/checks.md is a spec of the kind it stands under") {
    const auto all = examples();
    CHECK(all.count("http") == 1);
    for (const auto& [section, texts] : all) {
        const auto kind = from_name<check::Kind>(section);
        if (!kind) continue;
        for (const auto& text : texts) {
            const auto document = json::parse(text);
            REQUIRE_MESSAGE(document, text);
            const auto spec = check::read_spec(*kind, *document, "");
            CHECK_MESSAGE(spec, text);
        }
    }
}

}  // namespace docs_test
