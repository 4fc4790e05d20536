#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/database_option.h"
#include "cli/failure.h"
#include "cli/token/token.h"
#include "lib/base/duration.h"

namespace sonde::cli {
namespace {

struct TokenArguments {
    DatabaseOption database;
    std::string name;
    std::string role = "admin";
    std::string expires;
    std::string overlap = "1d";
};

constexpr const char* kShownOnce = "This is the only time it is shown: only its hash is kept.\n";

milliseconds duration_in(const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration || *duration > std::chrono::hours{24 * 3653}) throw Failure{"`" + text + "` is no duration up to ten years like 90d or 12h"};
    return *duration;
}

int show(const Secret& secret) {
    std::printf("%s\n", secret.reveal().c_str());
    std::fprintf(stderr, "%s", kShownOnce);
    return kOk;
}

int create(const TokenArguments& arguments) {
    const auto database = open_database(arguments.database);
    token::Wanted wanted{arguments.name, arguments.role, std::nullopt};
    if (!arguments.expires.empty()) wanted.expires_in = duration_in(arguments.expires);
    const auto made = database->pool->transact([&](db::Tx& tx) {
        token::begin(tx);
        return token::create(tx, wanted);
    });
    if (!made) throw Failure{"there is no role `" + arguments.role + "`"};
    return show(*made);
}

int rotate(const TokenArguments& arguments) {
    const auto overlap = duration_in(arguments.overlap);
    const auto database = open_database(arguments.database);
    const auto made = database->pool->transact([&](db::Tx& tx) {
        token::begin(tx);
        return token::rotate(tx, arguments.name, overlap);
    });
    if (!made) throw Failure{"there is no valid token `" + arguments.name + "`, or more than one: then its identifier says which"};
    return show(*made);
}

int list(const TokenArguments& arguments) {
    const auto database = open_database(arguments.database);
    const auto tokens = database->pool->transact([](db::Tx& tx) { return token::list(tx); });
    const auto text = [](const std::optional<TimePoint>& at) { return at ? to_rfc3339(*at) : std::string{"-"}; };
    std::printf("%-18s %-9s %-25s %-25s %-25s %-25s %s\n", "ID", "ROLE", "CREATED", "LAST USED", "EXPIRES", "REVOKED", "NAME");
    for (const auto& t : tokens) {
        std::printf("%-18s %-9s %-25s %-25s %-25s %-25s %s\n", t.id.text().c_str(), t.role.c_str(), to_rfc3339(t.created_at).c_str(),
                    text(t.last_used_at).c_str(), text(t.expires_at).c_str(), text(t.revoked_at).c_str(), t.name.c_str());
    }
    return kOk;
}

int revoke(const TokenArguments& arguments) {
    const auto database = open_database(arguments.database);
    const int count = database->pool->transact([&](db::Tx& tx) {
        token::begin(tx);
        return token::revoke(tx, arguments.name);
    });
    if (count == 0) throw Failure{"there is no valid token `" + arguments.name + "`"};
    std::printf("Revoked %d\n", count);
    return kOk;
}

}  // namespace

void add_token(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("token", "Make, list, rotate and revoke API tokens: secrets of API clients");
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
    create_command->add_option("--role", arguments->role, "what it may do: viewer, operator, admin, or a role of your own")->capture_default_str();
    create_command->add_option("--expires", arguments->expires, "after how long it works no more: 90d, 12h; never, if not given");
    add("list", "List all tokens; never their text", list);
    auto* rotate_command = add("rotate", "Make another one for the same client and print it; the old one works a while longer", rotate);
    rotate_command->add_option("--name", arguments->name, "its name or id")->required();
    rotate_command->add_option("--overlap", arguments->overlap, "for how long the old one works all the same; 0 for not at all")->capture_default_str();
    add("revoke", "Make a token invalid", revoke)->add_option("--name", arguments->name, "its name or id")->required();
}

}  // namespace sonde::cli
