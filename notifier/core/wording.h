// What an event says to people. Pure: the same document gives the same words, whatever the channel.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/json/json.h"

namespace sonde::notifier {

// How bad it is; what channels choose colours, priorities and severities by.
enum class Tone : unsigned char { critical, major, minor, good, info };

// What the event does to whatever a receiver keeps of the thread. `info` stands for itself: it neither opens nor ends anything.
enum class Verb : unsigned char { open, acknowledge, resolve, update, info };

struct Fact {
    std::string name;
    std::string value;
};

struct Notice {
    std::string title;  // one line
    std::string text;   // sentences, or nothing
    std::vector<Fact> facts;
    Tone tone = Tone::info;
    Verb verb = Verb::info;
    std::string thread;  // what belongs together: `incident:inc_…`, `coverage:eu`; of an event that stands alone, that event
    std::string link;    // to read more; empty where no public address is known
    std::string ack_url;  // to acknowledge by; of `notice_of` empty, since each message has its own
};

// `event` is a document of schema/messages/event.schema.json. Of a kind that only a newer writer knows, its name is said. `base_url` is where
// people find Sonde (`https://sonde.example`), without a slash at its end; may be empty.
Notice notice_of(const Json& event, std::string_view base_url);

}  // namespace sonde::notifier

template <>
struct sonde::EnumNames<sonde::notifier::Tone> {
    static constexpr std::array<std::string_view, 5> names{"critical", "major", "minor", "good", "info"};
};

template <>
struct sonde::EnumNames<sonde::notifier::Verb> {
    static constexpr std::array<std::string_view, 5> names{"open", "acknowledge", "resolve", "update", "info"};
};
