#include "controlplane/ping/directory.h"

#include "lib/log/log.h"

namespace sonde::ping {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPage = 5'000;
constexpr milliseconds kPoll{1'000};
constexpr milliseconds kAfterFailure{250};
// Rows of `change` are removed after an hour: after a longer gap everything is read anew.
constexpr std::chrono::minutes kLongestGap{30};

// In the order of `put`.
constexpr db::Statement kAll{"ping_tokens", R"sql(
select m.id, m.site_id, m.version, m.ping_token, true
from monitor m join site s on s.id = m.site_id
where m.id > $1 and m.ping_token is not null and m.deleted_at is null and s.deleted_at is null
order by m.id limit $2)sql"};
constexpr db::Statement kChanged{"ping_tokens_changed", R"sql(
select m.id, m.site_id, m.version, m.ping_token, m.deleted_at is null and s.deleted_at is null
from monitor m join site s on s.id = m.site_id
where m.ping_token is not null and (m.id = any($1::bigint[]) or m.site_id = any($2::bigint[])))sql"};

}  // namespace

void Directory::start() {
    look();
    known_ = true;
    listener_.emplace(dsn_, std::vector<std::string>{"sonde_change"}, [this](std::string_view) {
        {
            const std::scoped_lock lock(mutex_);
            changed_ = true;
        }
        wakes_.notify_all();
    });
    thread_ = std::thread([this] { run(); });
}

void Directory::stop() {
    listener_.reset();
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wakes_.notify_all();
    if (thread_.joinable()) thread_.join();
}

std::optional<Stamped> Directory::stamp(const std::string& token, TimePoint now) {
    const std::scoped_lock lock(entries_mutex_);
    const auto found = entries_.find(token);
    if (found == entries_.end()) return std::nullopt;
    auto& entry = found->second;
    entry.last = std::max(now, entry.last + milliseconds{1});
    return Stamped{entry.target, entry.last};
}

void Directory::run() {
    bool failing = false;
    auto pause = kPoll;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            wakes_.wait_for(lock, pause, [&] { return stopping_ || (changed_ && !failing); });
            if (stopping_) return;
            changed_ = false;
        }
        try {
            look();
            if (std::exchange(failing, false)) log::info("ping_tokens_followed_again");
            pause = kPoll;
        } catch (const db::DbError& error) {
            if (!std::exchange(failing, true)) log::warning("ping_tokens_not_followed", "error", error.what());
            pause = kAfterFailure;
        }
    }
}

void Directory::look() {
    const auto now = Clock::now();
    if (now - last_look_ > kLongestGap) changes_.restart();
    const bool fresh = !changes_.begun();
    const auto changes = changes_.read(pool_);
    try {
        if (fresh) {
            load_all();
        } else if (!changes.monitors.empty() || !changes.sites.empty()) {
            load(changes);
        }
    } catch (...) {
        changes_.restart();  // they were read, and will not be shown again
        throw;
    }
    last_look_ = now;
}

void Directory::load_all() {
    std::unordered_set<MonitorId> there;
    for (std::int64_t last = 0;;) {
        auto tx = pool_.begin();
        const auto rows = tx.run(kAll, {last, kPage});
        const std::scoped_lock lock(entries_mutex_);
        for (const auto row : rows) {
            put(row);
            last = row.whole(0);
            there.insert(row.id<MonitorId>(0));
        }
        if (rows.size() < kPage) break;
    }
    const std::scoped_lock lock(entries_mutex_);
    std::erase_if(tokens_, [&](const auto& entry) {
        if (there.contains(entry.first)) return false;
        entries_.erase(entry.second);
        return true;
    });
}

void Directory::load(const scheduler::Changes& changes) {
    auto tx = pool_.begin();
    const auto rows = tx.run(kChanged, {changes.monitors, changes.sites});
    const std::scoped_lock lock(entries_mutex_);
    for (const auto row : rows) put(row);
}

// A token that was replaced is nobody's from here on.
void Directory::put(const db::Row& row) {
    const Target target{row.id<MonitorId>(0), row.id<SiteId>(1), row.small(2)};
    const std::string token(row.text(3));
    TimePoint last;
    if (const auto known = tokens_.find(target.monitor); known != tokens_.end()) {
        const auto entry = entries_.find(known->second);
        if (entry != entries_.end()) {
            last = entry->second.last;
            entries_.erase(entry);
        }
        tokens_.erase(known);
    }
    if (!row.boolean(4)) return;
    entries_[token] = {target, last};
    tokens_[target.monitor] = token;
}

}  // namespace sonde::ping
