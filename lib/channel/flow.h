// How a channel is sent to, as people set it. Read the same way by the API, which refuses, and by the notifier, which keeps to it. Pure.
#pragma once

#include <optional>
#include <string>

#include "lib/base/duration.h"
#include "lib/channel/quiet_hours.h"
#include "lib/json/reader.h"

namespace sonde::channel {

// What is told together.
struct Digest {
    milliseconds window{0};        // 0: nothing is, but in a storm; else all that comes within it is one message
    int more_than = 10;            // so many openings are told each by itself; 0: always
    milliseconds within{60'000};   // as come within this
    friend bool operator==(const Digest&, const Digest&) = default;
};

// So many messages in so long, and no more.
struct Rate {
    int messages = 1;
    milliseconds per{1'000};
    friend bool operator==(const Rate&, const Rate&) = default;
};

// Whether `one` allows more than `other` does.
bool more_than(const Rate& one, const Rate& other);

struct Flow {
    Digest digest;
    std::optional<Rate> rate;  // nothing: what the receiver allows
    std::optional<QuietHours> quiet_hours;
    friend bool operator==(const Flow&, const Flow&) = default;
};

// The fields of a channel's document that are about this; what is absent has its default. `allowed` is the
// receiver's own limit, which is not exceeded; may be null.
void read_flow(json::Reader& in, Flow& flow, const Rate* allowed, json::Problems& problems);
// Into the document, all of it: `read_flow` reads it back equal.
void write_flow(const Flow& flow, Json& document);

// As the database has it, the same fields: a stored one is always right, and what an older writer did not know has its default.
Flow stored_flow(std::string_view text);
std::string flow_text(const Flow& flow);

}  // namespace sonde::channel
