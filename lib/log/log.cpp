#include "lib/log/log.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>

namespace sonde::log {
namespace {

constexpr std::size_t kLongestValue = 512;

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warning: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
    }
    return spdlog::level::info;
}

// Before `start`, as in tests: warnings and errors only.
std::shared_ptr<spdlog::logger> make_logger(std::string_view service) {
    auto logger = std::make_shared<spdlog::logger>(std::string(service), std::make_shared<spdlog::sinks::stderr_sink_mt>());
    // UTC with milliseconds, as every other instant we show.
    logger->set_formatter(std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %n %v", spdlog::pattern_time_type::utc));
    logger->set_level(spdlog::level::warn);
    logger->flush_on(spdlog::level::debug);
    return logger;
}

std::shared_ptr<spdlog::logger>& logger() {
    static auto instance = make_logger("sonde");
    return instance;
}

bool is_plain(char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '"' && c != '=' && c != '\\';
}

}  // namespace

void start(std::string_view service, Level level) {
    logger() = make_logger(service);
    set_level(level);
}

void set_level(Level level) { logger()->set_level(to_spdlog(level)); }

bool enabled(Level level) { return logger()->should_log(to_spdlog(level)); }

void write(Level level, std::string_view event, std::string_view details) {
    if (details.empty()) {
        logger()->log(to_spdlog(level), event);
    } else {
        logger()->log(to_spdlog(level), "{} {}", event, details);
    }
}

std::string value(std::string_view text) {
    const bool cut = text.size() > kLongestValue;
    if (cut) text = text.substr(0, kLongestValue);
    if (!text.empty() && !cut && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (c == '\n') {
            quoted += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            quoted += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
            quoted += c;
        }
    }
    quoted += cut ? "…\"" : "\"";
    return quoted;
}

}  // namespace sonde::log
