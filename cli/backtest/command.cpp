#include <curl/curl.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "cli/backtest/request.h"
#include "cli/command.h"
#include "cli/failure.h"
#include "cli/input.h"

namespace sonde::cli {
namespace {

constexpr std::size_t kMostAnswerBytes = 64U << 20U;
constexpr long kPatienceMs = 60'000;  // the control plane gives up before

struct BacktestArguments {
    std::string policy_file;
    backtest::Asked asked;
    std::string api;
    std::string token_file;
    std::string ca_file;
    bool json = false;
};

std::string variable(const char* name) {
    const auto* value = std::getenv(name);
    return value != nullptr ? value : "";
}

// From a file or the environment, since everybody on a machine can read command lines.
std::string token_of(const BacktestArguments& arguments) {
    auto token = arguments.token_file.empty() ? variable("SONDE_TOKEN") : read_input(arguments.token_file);
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
    if (token.empty()) throw Failure{"name a --token-file, or put the token into SONDE_TOKEN", kUsage};
    if (token.find_first_of("\r\n") != std::string::npos) throw Failure{"the token is one line", kUsage};
    return token;
}

std::size_t take(const char* data, std::size_t, std::size_t size, void* into) noexcept {
    auto& body = *static_cast<std::string*>(into);
    if (body.size() + size > kMostAnswerBytes) return 0;
    body.append(data, size);
    return size;
}

struct Answer {
    long status = 0;
    std::string body;
};

Answer post(const std::string& url, const std::string& token, const std::string& body, const std::string& ca_file) {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(), &curl_easy_cleanup);
    if (!easy) throw Failure{"libcurl cannot be used"};
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr, &curl_slist_free_all);
    for (const auto& line : {std::string("Content-Type: application/json"), "Authorization: Bearer " + token}) {
        headers.reset(curl_slist_append(headers.release(), line.c_str()));
    }
    Answer answer;
    char error[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, static_cast<char*>(error));
    curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, kPatienceMs);
    curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    if (!ca_file.empty()) curl_easy_setopt(easy.get(), CURLOPT_CAINFO, ca_file.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &take);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, static_cast<void*>(&answer.body));
    const auto code = curl_easy_perform(easy.get());
    if (code != CURLE_OK) throw Failure{fmt::format("{} does not answer: {}", url, error[0] != '\0' ? error : curl_easy_strerror(code))};
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

// Problem details (RFC 9457) in lines.
std::string refusal(const Answer& answer) {
    const auto document = json::parse(answer.body);
    if (!document || !document->is_object()) return fmt::format("the control plane answered {}", answer.status);
    auto text = fmt::format("{}: {}", document->value("title", fmt::format("{}", answer.status)), document->value("detail", ""));
    for (const auto& error : document->value("errors", Json::array())) text += fmt::format("\n  {}: {}", error.value("pointer", ""), error.value("detail", ""));
    return text;
}

int run_backtest(const BacktestArguments& arguments) {
    const auto document = backtest::read_document(read_input(arguments.policy_file));
    if (!document) throw Failure{arguments.policy_file + ": " + document.error().message, kUsage};
    const auto body = backtest::request(arguments.asked, *document);
    if (!body) throw Failure{body.error().message, kUsage};
    auto api = arguments.api.empty() ? variable("SONDE") : arguments.api;
    if (api.empty()) api = "http://127.0.0.1:8600";
    while (api.ends_with('/')) api.pop_back();
    const auto answer = post(api + "/v1/policies/backtest", token_of(arguments), json::dump(*body), arguments.ca_file);
    if (answer.status != 200) throw Failure{refusal(answer), answer.status == 422 ? kUsage : kFailed};
    const auto told = json::parse(answer.body, {.bytes = kMostAnswerBytes, .depth = 64});
    if (!told) throw Failure{"the answer cannot be read: " + told.error().message};
    const auto text = arguments.json ? json::dump_pretty(*told) + "\n" : backtest::present(*told);
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
    command->add_option("--api", arguments->api, "the control plane; SONDE in the environment, or http://127.0.0.1:8600, if not given");
    command->add_option("--token-file", arguments->token_file, "a file with the API token; SONDE_TOKEN in the environment, if not given");
    command->add_option("--ca-file", arguments->ca_file, "certificates (PEM) to verify with, instead of the system's");
    command->add_flag("--json", arguments->json, "the whole answer as JSON");
    command->callback([&run, arguments] { run = [arguments] { return run_backtest(*arguments); }; });
}

}  // namespace sonde::cli
