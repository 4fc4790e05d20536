#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/files/save.h"
#include "cli/files/write.h"

namespace sonde::cli {
namespace {

constexpr long kExportPatienceMs = 300'000;

struct ExportArguments {
    std::string directory;
    std::string owner = "files";
    bool force = false;
    ApiOption api;
};

int run_export(const ExportArguments& arguments) {
    const auto answer = ask_api(arguments.api, "GET", "/v1/export?owner=" + arguments.owner, "", kExportPatienceMs);
    if (answer.status != 200) throw Failure{refusal(answer)};
    const auto document = document_of(answer);
    for (const auto& one : document.at("left_out")) {
        std::fprintf(stderr, "left out: %s %s: %s\n", one.at("kind").get<std::string>().c_str(), one.at("id").get<std::string>().c_str(), one.at("reason").get<std::string>().c_str());
    }
    const auto resources = files::from_export(document);
    const std::vector<std::string> head{"Written by `sonde export`; `sonde apply -f` takes it. Secrets are not in it: where a variable is not set, what is there stays."};
    if (arguments.directory.empty()) {
        const auto text = files::write_one(resources, head);
        std::fwrite(text.data(), 1, text.size(), stdout);
    } else {
        files::save(arguments.directory, files::write_many(resources, head), arguments.force);
        std::fprintf(stderr, "%zu resources written to %s\n", resources.size(), arguments.directory.c_str());
    }
    return kOk;
}

}  // namespace

void add_export(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("export", "Write all there is as files that `sonde apply` takes");
    command->footer("Exit code: 0 it is written, 1 it could not be.");
    const auto arguments = std::make_shared<ExportArguments>();
    arguments->api.usage = kFailed;
    command->add_option("-o,--output", arguments->directory, "a directory, with one file a site; all goes to the standard output if not given");
    command->add_option("--owner", arguments->owner, "whose files they are to be: keys that this owner's files have are kept")->capture_default_str();
    command->add_flag("--force", arguments->force, "overwrite files that are there");
    add_api_options(*command, arguments->api);
    command->callback([&run, arguments] { run = [arguments] { return run_export(*arguments); }; });
}

}  // namespace sonde::cli
