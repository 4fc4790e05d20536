#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/api_client.h"
#include "cli/backtest/request.h"
#include "cli/command.h"
#include "cli/failure.h"
#include "cli/input.h"

namespace sonde::cli {
namespace {

constexpr long kPatienceMs = 60'000;  // the control plane gives up before

struct BacktestArguments {
    std::string policy_file;
    backtest::Asked asked;
    ApiOption api;
    bool json = false;
};

int run_backtest(const BacktestArguments& arguments) {
    const auto document = backtest::read_document(read_input(arguments.policy_file), arguments.policy_file);
    if (!document) throw Failure{document.error().message, kUsage};
    const auto body = backtest::request(arguments.asked, *document);
    if (!body) throw Failure{body.error().message, kUsage};
    const auto answer = ask_api(arguments.api, "POST", "/v1/policies/backtest", json::dump(*body), kPatienceMs);
    if (answer.status != 200) throw Failure{refusal(answer), answer.status == 422 ? kUsage : kFailed};
    const auto told = document_of(answer);
    const auto text = arguments.json ? json::dump_pretty(told) + "\n" : backtest::present(told);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return kOk;
}

}  // namespace

void add_backtest(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("backtest", "Ask what another policy would have paged, by the stored results");
    command->footer("Exit code: 0 it was answered, 1 it could not be, 2 something given is not valid.");
    const auto arguments = std::make_shared<BacktestArguments>();
    command->add_option("policy", arguments->policy_file, "a file with the policy, in YAML or JSON; - is standard input")->required();
    auto* monitor = command->add_option("--monitor", arguments->asked.monitor, "the monitor whose results are replayed");
    command->add_option("--site", arguments->asked.site, "or the site, with all its monitors")->excludes(monitor);
    command->add_option("--from", arguments->asked.from, "begin of the range, RFC 3339")->required();
    command->add_option("--to", arguments->asked.to, "its end, at most 31 days later")->required();
    command->add_option("--interval", arguments->asked.interval, "a longer interval, as 5m: every n-th round is taken");
    command->add_option("--region", arguments->asked.regions, "only this region's votes; may be repeated")->allow_extra_args(false);
    command->add_flag("--strict", arguments->asked.strict, "nobody answers confirmations that were not made");
    add_api_options(*command, arguments->api);
    command->add_flag("--json", arguments->json, "the whole answer as JSON");
    command->callback([&run, arguments] { run = [arguments] { return run_backtest(*arguments); }; });
}

}  // namespace sonde::cli
