// What happened, line by line, for people.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "simulation/clockwork.h"

namespace sonde::simulation {

class Trace {
public:
    Trace(const Clockwork& clockwork, bool wanted) : clockwork_(clockwork), wanted_(wanted) {}

    // `[  30.120] engine-1   took 3 results`.
    template <class... Arguments>
    void line(std::string_view who, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        if (!wanted_) return;
        lines_.push_back(fmt::format("[{:>9.3f}] {:<12} {}", static_cast<double>((clockwork_.now() - clockwork_.start()).count()) / 1000, who,
                                     fmt::format(format, std::forward<Arguments>(arguments)...)));
    }
    void plain(std::string text) {
        if (wanted_) lines_.push_back(std::move(text));
    }
    [[nodiscard]] bool wanted() const { return wanted_; }
    [[nodiscard]] std::vector<std::string>& lines() { return lines_; }
    // An instant as the lines have it.
    [[nodiscard]] double seconds_of(TimePoint at) const { return static_cast<double>((at - clockwork_.start()).count()) / 1000; }

private:
    const Clockwork& clockwork_;
    bool wanted_;
    std::vector<std::string> lines_;
};

}  // namespace sonde::simulation
