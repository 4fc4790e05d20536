#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "cli/api_client.h"
#include "cli/apply/present.h"
#include "cli/command.h"
#include "cli/files/read.h"

namespace sonde::cli {
namespace {

constexpr long kApplyPatienceMs = 300'000;
constexpr int kTries = 4;        // while others change the same, or the database is away
constexpr int kDifferences = 2;  // of --plan and diff

struct ApplyArguments {
    std::vector<std::string> files;
    std::string owner = "files";
    bool plan = false;
    bool prune = false;
    bool json = false;
    ApiOption api;
};

// With the places in the files instead of pointers into the request.
std::string refusal_of_files(const ApiAnswer& answer, const files::Read& read) {
    const auto document = json::parse(answer.body, {.bytes = 16U << 20U, .depth = 32});
    if (!document || !document->is_object() || !document->contains("errors")) return refusal(answer);
    auto text = fmt::format("{}: {}", document->value("title", ""), document->value("detail", ""));
    for (const auto& error : (*document)["errors"]) {
        const auto pointer = error.value("pointer", std::string{});
        const auto place = read.place(pointer);
        text += fmt::format("\n{}: {}", place.empty() ? "the whole" : place, error.value("detail", ""));
        if (const auto variable = read.unset.find(pointer); variable != read.unset.end()) {
            text += fmt::format(" (the environment variable {} is not set)", variable->second);
        }
    }
    return text;
}

ApiAnswer ask_patiently(const ApiOption& api, const std::string& body) {
    // What was done and could not be told is done only once: the second time nothing is left to do.
    for (int attempt = 1;; ++attempt) {
        auto answer = ask_api(api, "POST", "/v1/apply", body, kApplyPatienceMs);
        if (answer.status != 503 || attempt == kTries) return answer;
        std::this_thread::sleep_for(std::chrono::seconds{attempt});
    }
}

int run_apply(const ApplyArguments& arguments) {
    const auto read = files::read(files::find_files(arguments.files));
    if (!read) throw Failure{"the files are not valid:\n" + read.error().message};
    if (read->resources.empty()) throw Failure{"the files have no resources"};
    const auto answer = ask_patiently(arguments.api, json::dump(read->request(arguments.owner, arguments.plan, arguments.prune)));
    if (answer.status != 200) throw Failure{refusal_of_files(answer, *read)};
    const auto told = document_of(answer);
    const auto text = arguments.json ? json::dump_pretty(told) + "\n" : apply::present(told);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return arguments.plan && apply::changes(told) ? kDifferences : kOk;
}

std::shared_ptr<ApplyArguments> add_apply_options(CLI::App& command) {
    const auto arguments = std::make_shared<ApplyArguments>();
    arguments->api.usage = kFailed;
    command.add_option("-f,--file", arguments->files, "a YAML file, a directory of them, or - for the standard input; may be repeated")->required()->allow_extra_args(false);
    command.add_option("--owner", arguments->owner, "whose files they are: what one owner sets no other does")->capture_default_str();
    command.add_flag("--prune", arguments->prune, "delete what this owner's files made and have no more");
    command.add_flag("--json", arguments->json, "the whole answer as JSON");
    add_api_options(command, arguments->api);
    return arguments;
}

}  // namespace

void add_apply(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("apply", "Make sites, monitors and all else what files say (docs/config-as-code.md)");
    command->footer("Exit code: 0 done, or with --plan nothing to do; 1 it could not be done; 2 with --plan: there are differences.");
    const auto arguments = add_apply_options(*command);
    command->add_flag("--plan", arguments->plan, "say what would change, and change nothing");
    command->callback([&run, arguments] { run = [arguments] { return run_apply(*arguments); }; });
}

void add_diff(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("diff", "Say what differs between files and what is there, and what was changed by hand");
    command->footer("Exit code: 0 nothing differs, 1 it could not be found out, 2 there are differences.");
    const auto arguments = add_apply_options(*command);
    arguments->plan = true;
    command->callback([&run, arguments] { run = [arguments] { return run_apply(*arguments); }; });
}

}  // namespace sonde::cli
