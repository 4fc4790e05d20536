#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/files/save.h"
#include "cli/files/write.h"
#include "cli/import/blackbox.h"
#include "cli/import/gatus.h"
#include "cli/import/uptime_kuma.h"
#include "cli/input.h"

namespace sonde::cli {
namespace {

struct ImportArguments {
    std::string file;
    std::string prometheus;
    std::string directory;
    bool force = false;
};

// A `${NAME}` that stands for a variable there does so here as well.
std::string with_variables(std::string text) {
    for (auto at = text.find("$${"); at != std::string::npos; at = text.find("$${", at + 2)) text.erase(at, 1);
    return text;
}

int finish(const ImportArguments& arguments, const char* from, const Result<import_from::Findings>& findings) {
    if (!findings) throw Failure{findings.error().message.starts_with(arguments.file) ? findings.error().message : arguments.file + ": " + findings.error().message};
    const auto lines = import_from::lines_of(*findings);
    for (const auto& line : lines) std::fprintf(stderr, "%s\n", line.c_str());
    std::vector<std::string> head{fmt::format("Written by `sonde import {}`; `sonde apply -f` takes it.", from)};
    if (!findings->left_out.empty()) head.emplace_back("Not taken over:");
    for (const auto& line : findings->left_out) head.push_back("  " + line);
    auto texts = std::map<std::string, std::string>{{"", files::write_one(findings->resources, head)}};
    if (!arguments.directory.empty()) {
        texts = files::write_many(findings->resources, {head.front()});
        if (!findings->left_out.empty()) texts["left-out.txt"] = fmt::format("{}\n", fmt::join(findings->left_out, "\n"));
    }
    if (findings->has_variables) {
        for (auto& [name, text] : texts) text = with_variables(std::move(text));
    }
    if (arguments.directory.empty()) {
        std::fwrite(texts[""].data(), 1, texts[""].size(), stdout);
    } else {
        files::save(arguments.directory, texts, arguments.force);
    }
    std::size_t monitors = 0;
    for (const auto& resource : findings->resources) monitors += resource.kind == "monitor" ? 1 : 0;
    std::fprintf(stderr, "%zu monitors; %zu things that are not as they were\n", monitors, lines.size());
    return kOk;
}

int import_uptime_kuma(const ImportArguments& arguments) {
    return finish(arguments, "uptime-kuma", import_from::read_uptime_kuma(read_input(arguments.file, kFailed)));
}

int import_gatus(const ImportArguments& arguments) {
    return finish(arguments, "gatus", import_from::read_gatus(read_input(arguments.file, kFailed), arguments.file));
}

int import_blackbox(const ImportArguments& arguments) {
    return finish(arguments, "blackbox", import_from::read_blackbox(arguments.file, read_input(arguments.prometheus, kFailed), arguments.prometheus));
}

}  // namespace

void add_import(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("import", "Make files that `sonde apply` takes of another monitor's configuration");
    command->require_subcommand(1);
    command->footer("All that could not be taken over is told, and stands in the files as comments. Exit code: 0 it is written, 1 it could not be.");
    const auto add = [&](const char* name, const char* doc, const char* file, int (*what)(const ImportArguments&)) {
        const auto arguments = std::make_shared<ImportArguments>();
        auto* sub = command->add_subcommand(name, doc);
        sub->add_option("file", arguments->file, file)->required();
        sub->add_option("-o,--output", arguments->directory, "a directory, with one file a site; all goes to the standard output if not given");
        sub->add_flag("--force", arguments->force, "overwrite files that are there");
        sub->callback([&run, arguments, what] { run = [arguments, what] { return what(*arguments); }; });
        return std::pair{sub, arguments};
    };
    add("uptime-kuma", "Of Uptime Kuma's JSON backup", "the backup; - is standard input", import_uptime_kuma);
    add("gatus", "Of Gatus's configuration", "config.yaml; - is standard input", import_gatus);
    const auto [blackbox, arguments] = add("blackbox", "Of blackbox_exporter's modules and what Prometheus scrapes through them", "the modules' file, blackbox.yml", import_blackbox);
    blackbox->add_option("--prometheus", arguments->prometheus, "Prometheus's configuration, which has the targets; - is standard input")->required();
}

}  // namespace sonde::cli
