// Channels in the database. Every call is part of the caller's transaction and throws DbError.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/api/channel_draft.h"
#include "controlplane/api/page.h"
#include "lib/base/id.h"
#include "lib/db/db.h"

namespace sonde::controlplane {

struct Channel {
    ChannelId id;
    ChannelDraft draft;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

namespace channel_store {

std::optional<Channel> find(db::Tx& tx, ChannelId id);
// As `find`, and nobody else changes or deletes it before the transaction ends.
std::optional<Channel> lock(db::Tx& tx, ChannelId id);
bool exists(db::Tx& tx, ChannelId id);
std::vector<Channel> list(db::Tx& tx, const Page& page);

// `sealed` is what crypto::SecretBox made of the secrets' JSON, for the context `secret_context(id)`.
void insert(db::Tx& tx, ChannelId id, const ChannelDraft& draft, const std::string& sealed);
// Writes a locked channel as its next version; the secrets stay where none are given.
void update(db::Tx& tx, ChannelId id, const ChannelDraft& draft, const std::optional<std::string>& sealed);
void remove(db::Tx& tx, ChannelId id);

std::string secret_context(ChannelId id);

}  // namespace channel_store
}  // namespace sonde::controlplane
