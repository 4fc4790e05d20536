#include "lib/service/service.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <cstdio>

#include "lib/base/enum_name.h"
#include "lib/log/log.h"
#include "lib/service/arguments.h"
#include "lib/service/ready_file.h"
#include "lib/service/signals.h"

template <>
struct sonde::EnumNames<sonde::log::Level> {
    static constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
};

namespace sonde::service {
namespace {

constexpr int kStopped = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

int say(std::string_view text) {
    const bool good = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    return good ? kStopped : kFailed;
}

int refuse(std::string_view name, std::string_view what) {
    fmt::print(stderr, "{}: {}\n", name, what);
    return kWrongUsage;
}

log::Level wanted_level(const Program& program) {
    if (program.log_level == nullptr) return log::Level::info;
    return from_name<log::Level>(*program.log_level).value_or(log::Level::info);
}

std::string joined(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ",")); }

void log_each_line(std::string_view event, std::string_view text) {
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        log::error(event, "error", line);
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
}

void reload(const Program& program, const std::string& file, App& app) {
    if (file.empty()) {
        log::warning("reload_refused", "reason", "there is no configuration file");
        return;
    }
    const auto outcome = config::reload(file, program.keys);
    if (!outcome) {
        log_each_line("reload_refused", outcome.error().message);
        return;
    }
    log::set_level(wanted_level(program));
    if (!outcome->need_restart.empty()) log::warning("reload_needs_restart", "keys", joined(outcome->need_restart));
    try {
        app.reload();
        log::info("reloaded", "changed", joined(outcome->changed));
    } catch (const std::exception& error) {
        log::error("reload_failed", "error", error.what());
    }
}

bool stop(App& app) {
    try {
        app.stop();
        return true;
    } catch (const std::exception& error) {
        log::error("stop_failed", "error", error.what());
        return false;
    }
}

// Nothing if it did not start; all that was begun is undone then.
std::unique_ptr<App> start(const Program& program, ReadyFile& ready) {
    std::unique_ptr<App> app;
    try {
        app = program.make_app();
        app->start();
        ready.write(app->port());
        log::info("started", "version", version(), "port", app->port());
        return app;
    } catch (const std::exception& error) {
        log::error("start_failed", "error", error.what());
    }
    if (app) stop(*app);
    return nullptr;
}

int run(const Program& program, const Arguments& arguments) {
    log::start(program.name, wanted_level(program));
    Signals signals;
    ReadyFile ready(arguments.ready_file);
    const auto app = start(program, ready);
    if (!app) return kFailed;
    while (signals.wait() == Signals::Event::reload) reload(program, arguments.config_file, *app);
    log::info("stopping");
    if (!stop(*app)) return kFailed;
    log::info("stopped");
    return kStopped;
}

// What is wrong with the configuration, if anything, as lines.
std::string load(const Program& program, const std::string& file) {
    if (!file.empty()) {
        const auto loaded = config::load(file, program.keys);
        return loaded ? std::string() : loaded.error().message;
    }
    const auto defaults = config::load_text("", "without --config", program.keys);
    return defaults ? std::string() : defaults.error().message;
}

// Large blocks go back when they are freed, and threads share a few arenas: what one of them once needed is not kept for it alone.
void settle_allocator() {
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
    mallopt(M_ARENA_MAX, 4);
}

}  // namespace

int run_service(int argc, char** argv, Program& program) {
    settle_allocator();
    const auto arguments = parse_arguments({argv + 1, argv + argc});
    if (!arguments) return refuse(program.name, arguments.error().message);
    using Do = Arguments::Do;
    switch (arguments->what) {
        case Do::help:
            return say(usage(program.name, program.description));
        case Do::version:
            return say(fmt::format("{} {}\n", program.name, version()));
        case Do::config_reference:
            return say(config::reference(program.keys));
        case Do::check_config:
        case Do::print_config:
        case Do::run:
            break;
    }
    if (const auto wrong = load(program, arguments->config_file); !wrong.empty()) {
        fmt::print(stderr, "{}\n", wrong);
        return kWrongUsage;
    }
    if (arguments->what == Do::print_config) return say(config::print(program.keys));
    if (arguments->what == Do::check_config) {
        return say(fmt::format("{}: valid\n", arguments->config_file.empty() ? "the defaults" : arguments->config_file));
    }
    return run(program, *arguments);
}

std::string_view version() { return SONDE_VERSION; }

}  // namespace sonde::service
