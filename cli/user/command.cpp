#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/database_option.h"
#include "cli/failure.h"
#include "cli/input.h"
#include "cli/user/user.h"

namespace sonde::cli {
namespace {

struct UserArguments {
    DatabaseOption database;
    user::NewUser user;
    bool password_stdin = false;
};

// The first line of the standard input.
Secret read_password() {
    auto text = read_input("-");
    text.resize(std::min(text.find('\n'), text.size()));
    return Secret(std::move(text));
}

void show(const Secret& token) {
    std::printf("%s\n", token.reveal().c_str());
    std::fprintf(stderr, "Whoever has it may set the password, once, within a day: POST /v1/password with {\"token\": …, \"password\": …}. It is shown this once.\n");
}

int create_user(const UserArguments& arguments) {
    const auto database = open_database(arguments.database);
    if (arguments.password_stdin) {
        user::create_with_password(*database->pool, arguments.user, read_password());
        std::fprintf(stderr, "Made the user %s\n", arguments.user.name.c_str());
    } else {
        show(user::create_with_token(*database->pool, arguments.user));
    }
    return kOk;
}

int reset_user(const UserArguments& arguments) {
    const auto database = open_database(arguments.database);
    if (arguments.password_stdin) {
        user::set_password(*database->pool, arguments.user.name, read_password());
        std::fprintf(stderr, "The password of %s is set, and his sessions are over\n", arguments.user.name.c_str());
    } else {
        show(user::make_token(*database->pool, arguments.user.name));
    }
    return kOk;
}

int list_users(const UserArguments& arguments) {
    const auto database = open_database(arguments.database);
    const auto text = [](const std::optional<TimePoint>& at) { return at ? to_rfc3339(*at) : std::string{"-"}; };
    std::printf("%-18s %-9s %-9s %-9s %-25s %-20s %s\n", "ID", "ROLE", "STATE", "PASSWORD", "LAST LOGIN", "NAME", "E-MAIL");
    for (const auto& u : user::list(*database->pool)) {
        std::printf("%-18s %-9s %-9s %-9s %-25s %-20s %s\n", u.id.text().c_str(), u.draft.role.c_str(), u.draft.disabled ? "disabled" : "enabled",
                    u.has_password ? "set" : "-", text(u.last_login_at).c_str(), u.draft.name.c_str(), u.draft.email.c_str());
    }
    return kOk;
}

int disable_user(const UserArguments& arguments) {
    const auto database = open_database(arguments.database);
    user::set_disabled(*database->pool, arguments.user.name, true);
    return kOk;
}

int enable_user(const UserArguments& arguments) {
    const auto database = open_database(arguments.database);
    user::set_disabled(*database->pool, arguments.user.name, false);
    return kOk;
}

}  // namespace

void add_user(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("user", "Make, list and disable users, and reset their passwords");
    command->require_subcommand(1);
    const auto arguments = std::make_shared<UserArguments>();
    const auto add = [&](const char* name, const char* doc, int (*what)(const UserArguments&), bool named) {
        auto* sub = command->add_subcommand(name, doc);
        add_database_option(*sub, arguments->database);
        if (named) sub->add_option("--name", arguments->user.name, "the user's name")->required();
        sub->callback([&run, arguments, what] { run = [arguments, what] { return what(*arguments); }; });
        return sub;
    };
    const auto password = [&](CLI::App* sub) {
        sub->add_flag("--password-stdin", arguments->password_stdin, "set the password that is the first line of the standard input, instead of printing a token to set one");
    };
    auto* create = add("create", "Make a user", create_user, true);
    create->add_option("--email", arguments->user.email, "to log in with as well");
    create->add_option("--role", arguments->user.role, "what he may do: viewer, operator, admin or one of your own")->capture_default_str();
    password(create);
    password(add("reset-password", "Have a user set his password anew", reset_user, true));
    add("list", "List all users", list_users, false);
    add("disable", "Keep a user out, and end his sessions", disable_user, true);
    add("enable", "Let a user in again", enable_user, true);
}

}  // namespace sonde::cli
