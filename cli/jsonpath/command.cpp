#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/failure.h"
#include "cli/input.h"
#include "cli/jsonpath/jsonpath.h"

namespace sonde::cli {
namespace {

struct JsonpathArguments {
    std::string query;
    std::string file = "-";
    bool paths = false;
};

int run_jsonpath(const JsonpathArguments& arguments) {
    const auto name = arguments.file == "-" ? std::string{"the standard input"} : arguments.file;
    const auto document = read_input(arguments.file, kFailed);
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
