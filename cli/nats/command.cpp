#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/nats/server.h"
#include "cli/command.h"
#include "cli/failure.h"
#include "cli/up/file.h"
#include "lib/admission/claims.h"
#include "lib/crypto/crypto.h"

namespace sonde::cli {
namespace {

namespace fs = std::filesystem;

struct BusArguments {
    std::string key_file;
    std::string directory = ".";
    std::string accounts = "/var/lib/nats/accounts";
};

int write_bus(const BusArguments& arguments) {
    if (const auto made = crypto::SecretBox::make_key_file(arguments.key_file); !made) throw Failure{made.error().message};
    const auto keys = admission::BusKeys::from_key_file(arguments.key_file);
    if (!keys) throw Failure{keys.error().message};
    const fs::path directory{arguments.directory};
    std::error_code failed;
    fs::create_directories(directory, failed);
    if (failed) throw Failure{"cannot make the directory " + directory.string() + ": " + failed.message()};
    // Older than anything a control plane tells: a server that was told something keeps it.
    const auto account = admission::account_token(*keys, TimePoint{std::chrono::seconds{1}}, {});
    up::write_file(directory / "admission.conf", nats::server_settings(*keys, account, arguments.accounts), 0644);
    for (const auto role : admission::kSharedRoles) {
        up::write_file(directory / fmt::format("{}.creds", name_of(role)), admission::shared_credentials(*keys, role).reveal());
    }
    std::printf("Written to %s:\n"
                "  admission.conf       for every NATS server: include it in its configuration\n"
                "  controlplane.creds   for nats.credentials_file of the control planes\n"
                "  engine.creds         for nats.credentials_file of the engines\n"
                "  subscriber.creds     for whoever reads events\n"
                "  administrator.creds  for whoever looks after the bus with tools of NATS; it may do everything\n"
                "The bus key, %s, is for admission.key_file of the control planes, and for nobody else.\n",
                directory.c_str(), arguments.key_file.c_str());
    return kOk;
}

}  // namespace

void add_bus(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("bus", "Write what NATS servers and services need so that agents can join");
    const auto arguments = std::make_shared<BusArguments>();
    command->add_option("--key-file", arguments->key_file, "the bus key; made if there is none. All the rest follows from it and can be written again")->required();
    command->add_option("--dir", arguments->directory, "where to write")->capture_default_str();
    command->add_option("--accounts", arguments->accounts, "where each server keeps what it was told, on its own disk")->capture_default_str();
    command->callback([&run, arguments] { run = [arguments] { return write_bus(*arguments); }; });
}

}  // namespace sonde::cli
