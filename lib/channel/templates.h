// What people say of events in words of their own, by channel and kind of event. Read the same way by the API, which refuses, and by the notifier. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "lib/json/reader.h"

namespace sonde::channel {

// Templates (lib/template); without one, what is said anyway.
struct Words {
    std::optional<std::string> title;
    std::optional<std::string> text;
    friend bool operator==(const Words&, const Words&) = default;
};

// For all kinds of events, where a kind's own words do not say it.
inline constexpr std::string_view kAnyEvent = "*";

// What of an event's document a template may name: `incident.title`, and in a section `title`. Made of its schema by schema/embed.py.
const std::set<std::string_view>& event_names();

class Templates {
public:
    // Of the channel's document the field `templates`: a map of kinds of events, each of `kinds` or "*", and their words. What is broken, or names what
    // is in no event and nothing that is said anyway, is a problem at its place.
    static Templates read(json::Reader& in, std::span<const std::string_view> kinds, json::Problems& problems);
    // As `read` reads it back equal.
    [[nodiscard]] Json document() const;
    // As the database has it: a stored one is always right, and of what a newer writer knows there is nothing.
    static Templates stored(std::string_view text);

    // For an event of this kind.
    [[nodiscard]] Words of(std::string_view kind) const;
    [[nodiscard]] bool empty() const { return by_kind_.empty(); }
    friend bool operator==(const Templates&, const Templates&) = default;

private:
    std::map<std::string, Words, std::less<>> by_kind_;
};

}  // namespace sonde::channel
