#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/failure.h"
#include "cli/input.h"
#include "cli/join/join.h"

namespace sonde::cli {
namespace {

struct JoinArguments {
    std::string url;
    std::string token;
    std::string token_file;
    std::string directory = "sonde-agent";
    std::string name;
    std::string ca_file;
    bool new_key = false;
};

constexpr std::size_t kLongestName = 64;

std::string host_name() {
    char host[256] = {};
    if (::gethostname(host, sizeof host - 1) != 0) return {};
    auto name = std::string(host).substr(0, kLongestName);
    std::replace_if(
        name.begin(), name.end(),
        [](char c) { return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'); }, '_');
    return name;
}

std::string join_token_of(const JoinArguments& arguments) {
    auto token = arguments.token_file.empty() ? arguments.token : read_input(arguments.token_file);
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
    if (token.empty()) throw Failure{"give a --token, a --token-file, or put the token into SONDE_JOIN_TOKEN", kUsage};
    return token;
}

int run_join(const JoinArguments& arguments) {
    auto url = arguments.url;
    while (url.ends_with('/')) url.pop_back();
    const join::Files files{std::filesystem::absolute(arguments.directory).lexically_normal()};
    if (files.directory.string().find_first_of("\"\\$\n\r") != std::string::npos) throw Failure{"the directory's name has characters that a configuration cannot hold", kUsage};
    const auto token = join_token_of(arguments);
    const auto key = join::key_in(files, arguments.new_key);
    const Json wish{{"token", token},
                    {"name", arguments.name.empty() ? host_name() : arguments.name},
                    {"public_key", admission::public_text(admission::KeyKind::user, key)}};
    const auto answer = send({"POST", url + "/v1/agents/join", {}, json::dump(wish), arguments.ca_file});
    if (answer.status != 201) throw Failure{refusal(answer)};
    const auto welcome = join::read_welcome(answer.body);
    if (!welcome) throw Failure{"the control plane answered what cannot be used: " + welcome.error().message};
    join::keep(files, *welcome, key);
    std::printf("%s joined the region %s as %s. Start it:\n  sonde-agent --config %s\n", welcome->name.c_str(), welcome->region.c_str(), welcome->id.c_str(),
                files.config().c_str());
    return kOk;
}

}  // namespace

void add_agent(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("agent", "Make this machine an agent");
    command->require_subcommand(1);
    const auto arguments = std::make_shared<JoinArguments>();
    auto* sub = command->add_subcommand("join", "Join a region with a join token, and write what an agent needs to start");
    sub->footer("The agent's key is made here and stays here. Joining again with the same directory and name renews what it was given; the token is then used only if it is another.");
    sub->add_option("--url", arguments->url, "the control plane, as https://sonde.example")->required();
    auto* token = sub->add_option("--token", arguments->token, "the join token; better in the environment, since everybody on a machine can read command lines")->envname("SONDE_JOIN_TOKEN");
    sub->add_option("--token-file", arguments->token_file, "a file with the join token; - is standard input")->excludes(token);
    sub->add_option("--dir", arguments->directory, "where the agent's key, credentials and configuration are written")->capture_default_str();
    sub->add_option("--name", arguments->name, "tells it from the others of its region (default: this machine's name)");
    sub->add_option("--ca-file", arguments->ca_file, "certificates (PEM) to verify the control plane with, instead of the system's");
    sub->add_flag("--new-key", arguments->new_key, "make a new key, as is needed once the old one was revoked");
    sub->callback([&run, arguments] { run = [arguments] { return run_join(*arguments); }; });
}

}  // namespace sonde::cli
