#include "controlplane/status_page/keeper.h"

#include <algorithm>
#include <utility>

#include "controlplane/status_page/builder.h"
#include "controlplane/status_page/store.h"
#include "controlplane/status_page/subscribe/notice_store.h"
#include "lib/log/log.h"

namespace sonde::status_page {
namespace {

using Clock = std::chrono::steady_clock;

constexpr metrics::Family kPages{"sonde_status_pages", "Status pages that are kept."};
constexpr metrics::Family kOldest{"sonde_status_page_oldest_seconds", "Age of the oldest snapshot of a status page; 0 if there is none."};
constexpr metrics::Family kBuilds{"sonde_status_page_builds_total", "Snapshots of status pages that were made, or could not be."};
constexpr metrics::Family kSeconds{"sonde_status_page_build_seconds", "Time that a snapshot took."};

constexpr db::Statement kIds{"status_page_ids", "select id from status_page"};

constexpr milliseconds kPoll{1'000};
constexpr milliseconds kAfterFailure{500};
// After a nudge: those who tell much are heard together.
constexpr milliseconds kGather{50};
// Between two of one page: what changes in a burst is told together.
constexpr milliseconds kCalm{200};
// Rows of `change` are removed after an hour.
constexpr std::chrono::minutes kLongestGap{30};

double seconds_since(MonotonicPoint begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

}  // namespace

Keeper::Keeper(db::Pool& pool, KeeperOptions options, history::Accounting accounting, metrics::Registry& metrics)
    : pool_(pool), options_(std::move(options)), accounting_(accounting), shelf_(options_.directory), pages_(metrics.gauge(kPages)),
      built_(metrics.counter(kBuilds, {{"outcome", "built"}})), failed_(metrics.counter(kBuilds, {{"outcome", "failed"}})),
      seconds_(metrics.histogram(kSeconds, metrics::kSecondsBounds)) {
    metrics.gauge_from(kOldest, {}, [this] { return std::chrono::duration<double>(rack_.oldest(wall_now())).count(); });
}

void Keeper::start(Secret dsn) {
    for (auto& [id, page] : shelf_.read_all()) rack_.put(id, std::make_shared<const Page>(std::move(page)));
    pages_.set(static_cast<double>(rack_.ids().size()));
    listener_.emplace(std::move(dsn), std::vector<std::string>{"sonde_change", "sonde_outbox"}, [this](std::string_view) {
        {
            const std::scoped_lock lock(mutex_);
            nudged_ = true;
        }
        wakes_.notify_all();
    });
    thread_ = std::thread([this] { run(); });
}

void Keeper::stop() {
    listener_.reset();
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wakes_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Keeper::run() {
    bool failing = false;
    auto pause = milliseconds{0};
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            wakes_.wait_for(lock, pause, [&] { return stopping_ || (nudged_ && !failing); });
            if (nudged_ && !stopping_) wakes_.wait_for(lock, kGather, [this] { return stopping_; });
            if (stopping_) return;
            nudged_ = false;
        }
        try {
            pause = look();
            if (std::exchange(failing, false)) log::info("status_pages_followed_again");
        } catch (const db::DbError& error) {
            if (!std::exchange(failing, true)) log::warning("status_pages_not_followed", "error", error.what());
            pause = kAfterFailure;
        }
    }
}

// One page at most; how long until the next look, if nothing is heard of.
milliseconds Keeper::look() {
    const auto begin = Clock::now();
    hear(begin);
    if (const auto next = next_due(begin); next != due_.end()) {
        next_build_ = begin + milliseconds{1'000 / std::max(1, options_.builds_per_second)};
        build(next->first, next->second);
    }
    const auto now = Clock::now();
    auto pause = kPoll;
    for (const auto& [id, due] : due_) {
        const auto at = std::max({due.heard ? *due.heard : due.at, due.calm, next_build_});
        pause = std::min(pause, std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(at - now)));
    }
    return pause;
}

void Keeper::hear(MonotonicPoint now) {
    if (heard_at_ && now - *heard_at_ > kLongestGap) news_.restart();
    auto tx = pool_.begin();
    try {
        const auto news = news_.read(tx);
        if (!news.everything) {
            for (const auto id : news.pages) due_.try_emplace(id, Due{now, {}, {}}).first->second.heard = now;
        } else {
            std::map<StatusPageId, Due> all;
            for (const auto row : tx.run(kIds)) {
                const auto id = row.id<StatusPageId>(0);
                const auto known = due_.find(id);
                auto& due = all[id] = known == due_.end() ? Due{now, {}, {}} : known->second;
                due.heard = due.heard.value_or(now);
            }
            due_ = std::move(all);
            for (const auto id : rack_.ids()) {
                if (!due_.contains(id)) publish(id, nullptr);
            }
        }
    } catch (...) {
        news_.restart();  // it was read, and will not be told again
        throw;
    }
    heard_at_ = now;
}

// What has changed comes before what only grew old.
std::map<StatusPageId, Keeper::Due>::iterator Keeper::next_due(MonotonicPoint now) {
    auto next = due_.end();
    if (now < next_build_) return next;
    for (auto it = due_.begin(); it != due_.end(); ++it) {
        const auto& due = it->second;
        if (due.calm > now || (!due.heard && due.at > now)) continue;
        if (next == due_.end() || (due.heard && (!next->second.heard || *due.heard < *next->second.heard)) || (!due.heard && !next->second.heard && due.at < next->second.at)) next = it;
    }
    return next;
}

void Keeper::build(StatusPageId id, Due& due) {
    const auto begin = Clock::now();
    std::optional<StoredPage> stored;
    Page page;
    try {
        auto tx = pool_.begin();
        read_one_instant(tx);
        stored = store::find(tx, id);
        if (stored) page = {stored->draft.slug, stored->draft.host, stored->guard, status_page::build(tx, stored->draft, accounting_), {}};
    } catch (const db::DbError& error) {
        failed_.add();
        if (error.failure() == db::Failure::unavailable) throw;
        // Of this page alone: the others go on, and it is tried again when its turn comes.
        log::warning("status_page_not_built", "page", id.text(), "error", error.what());
        due.heard.reset();
        due.at = Clock::now() + options_.refresh;
        return;
    }
    if (!stored) {
        due_.erase(id);
        publish(id, nullptr);
        return;
    }
    const auto file = write_file(id, page);
    page.version = version_of(file);
    const auto shown = std::make_shared<const Page>(std::move(page));
    keep(id, *shown, file);  // before anybody sees it: what was seen is there after a restart, and a page that was closed stays so
    publish(id, shown);
    built_.add();
    seconds_.observe(seconds_since(begin));
    due = {begin + options_.refresh, {}, begin + kCalm};
    tell_subscribers(id, shown->snapshot);
}

// What is not written now is so with the next snapshot, for as long as it is news.
void Keeper::tell_subscribers(StatusPageId id, const Snapshot& page) {
    try {
        pool_.transact([&](db::Tx& tx) { return subscribe::write_notices(tx, id, page); });
    } catch (const db::DbError& error) {
        if (error.failure() == db::Failure::unavailable) throw;
        log::warning("page_notices_not_written", "page", id.text(), "error", error.what());
    }
}

void Keeper::publish(StatusPageId id, PagePtr page) {
    const auto is = page;
    if (is == nullptr) shelf_.remove(id);
    const auto was = rack_.put(id, std::move(page));
    pages_.set(static_cast<double>(rack_.ids().size()));
    if (was != nullptr && (is == nullptr || is->slug != was->slug)) bell_.ring(was->slug);
    if (is != nullptr && (was == nullptr || looks_different(*was, *is))) bell_.ring(is->slug);
}

// An old file that a full disk lets nobody replace is better than none after a restart, and says how old it is; but not if others may see the page now.
void Keeper::keep(StatusPageId id, const Page& page, std::string_view file) {
    const auto kept = shelf_.put(id, file);
    if (!kept) {
        const auto was = rack_.find(id);
        if (was == nullptr || was->guard != page.guard) shelf_.remove(id);
        if (!shelf_fails_) log::warning("status_page_not_kept", "error", kept.error().message);
    } else if (shelf_fails_) {
        log::info("status_pages_kept_again");
    }
    shelf_fails_ = !kept;
}

}  // namespace sonde::status_page
