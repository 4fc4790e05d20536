#include "incident-engine/shards.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/shard.h"

namespace sonde::engine {
namespace {

constexpr db::Statement kEngines{"engine_count", "select count(*) from lease where name like 'engine/%' and expires_at > now()"};

std::string lease_of(int shard) { return fmt::format("shard/{}", shard); }

int number_of(const std::string& name) { return std::stoi(name.substr(name.find('/') + 1)); }

std::vector<std::string> all_names() {
    std::vector<std::string> names;
    for (int shard = 0; shard < kShards; ++shard) names.push_back(lease_of(shard));
    return names;
}

}  // namespace

Shards::Shards(db::Pool& pool, std::string owner, milliseconds lease)
    : pool_(pool), presence_("engine/" + owner), presence_leases_(pool, owner, lease), shards_(pool, owner, lease) {}

Shards::Change Shards::renew() {
    presence_leases_.hold({presence_}, 1);
    const auto engines = std::max<std::int64_t>(1, pool_.run(kEngines)[0].whole(0));
    const auto share = static_cast<std::size_t>((kShards + engines - 1) / engines);
    auto now_held = shards_.hold(all_names(), share);

    Change change;
    const auto held_as = [](const std::vector<db::Lease>& leases, const db::Lease& lease) {
        return std::any_of(leases.begin(), leases.end(), [&](const db::Lease& other) { return other.name == lease.name && other.epoch == lease.epoch; });
    };
    for (const auto& lease : held_) {
        if (!held_as(now_held, lease)) change.lost.push_back(number_of(lease.name));
    }
    for (const auto& lease : now_held) {
        if (!held_as(held_, lease)) change.gained.push_back(number_of(lease.name));
    }
    held_ = std::move(now_held);
    owned_.clear();
    for (const auto& lease : held_) owned_.insert(number_of(lease.name));
    return change;
}

std::vector<int> Shards::forget() {
    const std::vector<int> had(owned_.begin(), owned_.end());
    held_.clear();
    owned_.clear();
    return had;
}

void Shards::release() {
    shards_.release(all_names());
    presence_leases_.release({presence_});
    forget();
}

}  // namespace sonde::engine
