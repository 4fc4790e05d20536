#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include "cli/command.h"
#include "cli/failure.h"
#include "cli/jsonpath/jsonpath.h"

namespace sonde::cli {
namespace {

struct JsonpathArguments {
    std::string query;
    std::string file = "-";
    bool paths = false;
};

std::string text_of(std::istream& in, const std::string& name) {
    // A directory can be opened, and then throws.
    try {
        std::string text{std::istreambuf_iterator<char>(in), {}};
        if (!in.bad()) return text;
    } catch (const std::ios_base::failure&) {
    }
    throw Failure{"cannot read " + name};
}

int run_jsonpath(const JsonpathArguments& arguments) {
    const bool standard_input = arguments.file == "-";
    const auto name = standard_input ? std::string{"the standard input"} : arguments.file;
    std::ifstream file;
    if (!standard_input) {
        file.open(arguments.file, std::ios::binary);
        if (!file) throw Failure{"cannot read " + name};
    }
    const auto document = text_of(standard_input ? std::cin : file, name);
    const auto out = jsonpath_command::answer(arguments.query, document, name, arguments.paths) + "\n";
    if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() || std::fflush(stdout) != 0) throw Failure{"cannot write the answer"};
    return kOk;
}

}  // namespace

void add_jsonpath(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("jsonpath", "Print what a JSONPath query (RFC 9535) selects from a JSON document, as a JSON array");
    command->footer("Exit code: 0 done, also if nothing was selected; 1 the document cannot be used; 2 the query is not valid.");
    const auto arguments = std::make_shared<JsonpathArguments>();
    command->add_option("query", arguments->query, "as $.items[?@.price < 10].name")->required();
    command->add_option("file", arguments->file, "the document; - is standard input")->capture_default_str();
    command->add_flag("--paths", arguments->paths, "print the normalized paths instead of the values");
    command->callback([&run, arguments] { run = [arguments] { return run_jsonpath(*arguments); }; });
}

}  // namespace sonde::cli
