#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/database_option.h"
#include "cli/failure.h"
#include "cli/token/token.h"

namespace sonde::cli {
namespace {

struct TokenArguments {
    DatabaseOption database;
    std::string name;
    std::string role = "admin";
};

int create(const TokenArguments& arguments) {
    const auto database = open_database(arguments.database);
    const auto role = from_name<token::Role>(arguments.role).value_or(token::Role::viewer);
    const auto made = database->pool->transact([&](db::Tx& tx) { return token::create(tx, arguments.name, role); });
    std::printf("%s\n", made.reveal().c_str());
    std::fprintf(stderr, "This is the only time it is shown: only its hash is kept.\n");
    return kOk;
}

int list(const TokenArguments& arguments) {
    const auto database = open_database(arguments.database);
    const auto tokens = database->pool->transact([](db::Tx& tx) { return token::list(tx); });
    const auto text = [](const std::optional<TimePoint>& at) { return at ? to_rfc3339(*at) : std::string{"-"}; };
    std::printf("%-18s %-9s %-25s %-25s %-25s %s\n", "ID", "ROLE", "CREATED", "LAST USED", "REVOKED", "NAME");
    for (const auto& t : tokens) {
        std::printf("%-18s %-9s %-25s %-25s %-25s %s\n", t.id.text().c_str(), t.role.c_str(), to_rfc3339(t.created_at).c_str(),
                    text(t.last_used_at).c_str(), text(t.revoked_at).c_str(), t.name.c_str());
    }
    return kOk;
}

int revoke(const TokenArguments& arguments) {
    const auto database = open_database(arguments.database);
    const int count = database->pool->transact([&](db::Tx& tx) { return token::revoke(tx, arguments.name); });
    if (count == 0) throw Failure{"there is no valid token `" + arguments.name + "`"};
    std::printf("Revoked %d\n", count);
    return kOk;
}

}  // namespace

void add_token(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("token", "Make, list and revoke API tokens");
    command->require_subcommand(1);
    const auto arguments = std::make_shared<TokenArguments>();
    const auto add = [&](const char* name, const char* doc, int (*what)(const TokenArguments&)) {
        auto* sub = command->add_subcommand(name, doc);
        add_database_option(*sub, arguments->database);
        sub->callback([&run, arguments, what] { run = [arguments, what] { return what(*arguments); }; });
        return sub;
    };
    auto* create_command = add("create", "Make a token and print it", create);
    create_command->add_option("--name", arguments->name, "what it is for; stands in the audit trail of what it does")->required();
    create_command->add_option("--role", arguments->role, "what it may do")
        ->check(CLI::IsMember({"viewer", "operator", "admin"}))
        ->capture_default_str();
    add("list", "List all tokens; never their text", list);
    add("revoke", "Make a token invalid", revoke)->add_option("--name", arguments->name, "its name or id")->required();
}

}  // namespace sonde::cli
