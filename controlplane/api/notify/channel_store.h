// Channels in the database. Every call is part of the caller's transaction and throws DbError.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/api/endpoint/search_terms.h"
#include "controlplane/api/endpoint/sorted.h"
#include "controlplane/api/notify/channel_draft.h"
#include "lib/base/id.h"
#include "lib/db/db.h"

namespace sonde::controlplane {

struct Channel {
    ChannelId id;
    ChannelDraft draft;
    std::vector<std::string> secret_names;
    // How its receiver does.
    struct Health {
        int failures = 0;                     // attempts in a row
        std::optional<TimePoint> open_since;  // since when it is left alone but for probes
        std::optional<TimePoint> probe_at;
        std::optional<std::string> last_error;  // without secrets
        std::optional<TimePoint> last_error_at;
    };
    Health health;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

struct ChannelFilter {
    std::optional<SearchTerms> search;  // in name and address
};

inline constexpr std::array<SortKey, 4> kChannelOrder{{
    {"id", "id", SortKey::Type::whole},
    {"name", "lower(name)", SortKey::Type::text},
    {"created_at", "created_at", SortKey::Type::instant},
    {"updated_at", "updated_at", SortKey::Type::instant},
}};

namespace channel_store {

std::optional<Channel> find(db::Tx& tx, ChannelId id);
// As `find`, and nobody else changes or deletes it before the transaction ends.
std::optional<Channel> lock(db::Tx& tx, ChannelId id);
bool exists(db::Tx& tx, ChannelId id);
Sorted<Channel> list(db::Tx& tx, const ChannelFilter& filter, const Sorting& sorting, const Page& page);

// What crypto::SecretBox made of the secrets' JSON, for the context `secret_context(id)`, and their names.
struct Sealed {
    std::string secrets;
    std::vector<std::string> names;
};
void insert(db::Tx& tx, ChannelId id, const ChannelDraft& draft, const Sealed& sealed);
// Writes a locked channel as its next version; the secrets stay where none are given.
void update(db::Tx& tx, ChannelId id, const ChannelDraft& draft, const std::optional<Sealed>& sealed);
void remove(db::Tx& tx, ChannelId id);

std::string secret_context(ChannelId id);
// The secrets of a channel that is there, as they are sealed.
std::string sealed_secrets(db::Tx& tx, ChannelId id);

// Plans a delivery of a `channel.test` to this channel alone, and wakes who sends it.
struct Test {
    EventId event;
    DeliveryId delivery;
};
Test plan_test(db::Tx& tx, ChannelId id, std::string_view actor);

}  // namespace channel_store
}  // namespace sonde::controlplane
