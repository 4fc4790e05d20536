#include "lib/service/arguments.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace sonde::service {
namespace {

struct Action {
    std::string_view option;
    Arguments::Do what;
};

constexpr std::array<Action, 5> kActions{{
    {"--check-config", Arguments::Do::check_config},
    {"--print-config", Arguments::Do::print_config},
    {"--config-reference", Arguments::Do::config_reference},
    {"--version", Arguments::Do::version},
    {"--help", Arguments::Do::help},
}};

std::optional<Arguments::Do> action(std::string_view word) {
    if (word == "-h") return Arguments::Do::help;
    for (const auto& candidate : kActions) {
        if (candidate.option == word) return candidate.what;
    }
    return std::nullopt;
}

}  // namespace

Result<Arguments> parse_arguments(const std::vector<std::string_view>& words) {
    Arguments arguments;
    bool asked = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (const auto what = action(words[i])) {
            if (asked && *what != arguments.what)
                return Error{fmt::format("{} cannot be combined with what stands before it", words[i])};
            arguments.what = *what;
            asked = true;
            continue;
        }
        const auto equals = words[i].find('=');
        const auto name = words[i].substr(0, equals);
        if (name != "--config" && name != "--ready-file") {
            return Error{fmt::format("unknown {} \"{}\"; --help shows what there is",
                                     name.starts_with('-') ? "option" : "argument", words[i])};
        }
        auto& target = name == "--config" ? arguments.config_file : arguments.ready_file;
        if (!target.empty()) return Error{fmt::format("{} is given twice", name)};
        if (equals != std::string_view::npos) {
            target = words[i].substr(equals + 1);
        } else if (i + 1 < words.size()) {
            target = words[++i];
        }
        if (target.empty() || target.starts_with("--")) return Error{fmt::format("{} needs the name of a file", name)};
    }
    return arguments;
}

std::string usage(std::string_view name, std::string_view description) {
    return fmt::format(
        "{0}: {1}\n\n"
        "usage: {0} [--config FILE] [--ready-file FILE]\n"
        "       {0} [--config FILE] --check-config | --print-config\n"
        "       {0} --config-reference | --version | --help\n\n"
        "  --config FILE       read the configuration from FILE (YAML); without it, every key has its default\n"
        "  --check-config      say whether the configuration is valid, and end\n"
        "  --print-config      print the effective configuration, secrets masked, and end\n"
        "  --config-reference  print a table of all keys (Markdown), and end\n"
        "  --ready-file FILE   write {{\"pid\": …, \"port\": …}} to FILE once started\n"
        "  --version           print the version, and end\n\n"
        "SIGTERM and SIGINT stop it; a second one ends it at once. SIGHUP reads the configuration again.\n"
        "Exit codes: 0 stopped, 1 could not start or failed, 2 wrong usage or configuration.\n",
        name, description);
}

}  // namespace sonde::service
