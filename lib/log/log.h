// Structured logging: one line an event, `key=value`, with a stable event name. Log edges, count the rest.
#pragma once

#include <fmt/format.h>
#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/secret.h"

namespace sonde::log {

enum class Level : unsigned char { debug, info, warning, error };

// Once, at the start; `service` stands in every line. Writes to standard error. Thread-safe afterwards.
void start(std::string_view service, Level level);
void set_level(Level level);
bool enabled(Level level);

// `event` is a stable name like `incident_opened`; `details` is `key=value` text. Values go through `value()`.
void write(Level level, std::string_view event, std::string_view details);

// Quotes and escapes what is not a plain word, and cuts at 512 bytes, so that hostile text cannot forge a line.
std::string value(std::string_view text);

namespace detail {
inline void append(std::string&) {}

template <class First, class... Rest>
void append(std::string& line, std::string_view key, const First& first, const Rest&... rest) {
    if (!line.empty()) line += ' ';
    line += key;
    line += '=';
    if constexpr (std::is_convertible_v<const First&, std::string_view>) {
        line += value(first);
    } else if constexpr (std::is_same_v<First, Secret>) {
        line += first.empty() ? "" : "***";
    } else {
        line += fmt::format("{}", first);
    }
    append(line, rest...);
}

template <class... Pairs>
void event(Level level, std::string_view name, const Pairs&... pairs) {
    if (!enabled(level)) return;
    std::string details;
    append(details, pairs...);
    write(level, name, details);
}
}  // namespace detail

//     log::info("incident_opened", "site", site.text(), "seq", 1);
template <class... Pairs>
void debug(std::string_view name, const Pairs&... pairs) { detail::event(Level::debug, name, pairs...); }
template <class... Pairs>
void info(std::string_view name, const Pairs&... pairs) { detail::event(Level::info, name, pairs...); }
template <class... Pairs>
void warning(std::string_view name, const Pairs&... pairs) { detail::event(Level::warning, name, pairs...); }
template <class... Pairs>
void error(std::string_view name, const Pairs&... pairs) { detail::event(Level::error, name, pairs...); }

}  // namespace sonde::log
