// What of a channel's news is told by itself, and what together with other news. Pure.
//
// A *digest* is one message about several things, brought up to date as they go on. In a *storm*, when more incidents open than a channel is to hear of
// one by one, what opens from then on goes into a digest, and so does what becomes of it until its end; what was told by itself goes on by itself. With a
// window everything goes into digests, each of which is one message at its end.
#pragma once

#include <optional>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/channel/flow.h"

namespace sonde::notifier {

// So many things, each with its words, are still one document.
inline constexpr int kMostOfDigest = 1'000;

enum class Together : unsigned char {
    itself,       // a message of its own
    begins,       // into a digest that begins with it
    joins,        // into the channel's digest
    with_others,  // into the digest that its incident is in
};

enum class DigestCause : unsigned char { storm, window };

// Of one channel, between its news.
struct Flood {
    std::vector<TimePoint> openings;  // of late, the oldest first; no more than decide anything
    bool storm = false;
    int room = 0;  // how much more its digest takes; 0 if there is none
    friend bool operator==(const Flood&, const Flood&) = default;
};

struct Arrival {
    bool opens = false;      // the first that the channel hears of something that is wrong
    bool in_digest = false;  // of an incident that a digest told the opening of, and goes on
};

// News that comes at `now`. A storm begins with the first opening that is one too many, and is over when half as many as it takes came within its time.
Together arrive(const channel::Digest& policy, Flood& flood, const Arrival& news, TimePoint now);

// When a digest is due, once there is news in it.
struct Timing {
    DigestCause cause = DigestCause::storm;
    TimePoint began{};
    std::optional<TimePoint> told{};  // when its last message was written
    bool on_its_way = false;        // which no receiver has accepted or refused yet
    bool in_place = false;          // the kind of channel brings a message up to date
    bool urgent = false;            // something in it is critical, and nothing critical was told by it
};

// * The first message waits a moment for more, or for its window.
// * One that is still on its way is replaced, so that what arrives is not old. What becomes critical waits for nothing else.
// * Later ones keep a distance: less where a message is brought up to date in place.
TimePoint due_at(const channel::Digest& policy, const Timing& timing, TimePoint now);

}  // namespace sonde::notifier

template <>
struct sonde::EnumNames<sonde::notifier::DigestCause> {
    static constexpr std::array<std::string_view, 2> names{"storm", "window"};
};
