// Keeps the snapshots of all pages in memory current, and copies of them on disk.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "controlplane/history/accounting.h"
#include "controlplane/status_page/bell.h"
#include "controlplane/status_page/news.h"
#include "controlplane/status_page/options.h"
#include "controlplane/status_page/rack.h"
#include "controlplane/status_page/shelf.h"
#include "lib/db/db.h"
#include "lib/metrics/metrics.h"

namespace sonde::status_page {

// A page is made anew as soon as it is heard that something on it has changed, and once in `refresh` for the time that passes; one page after the other, on a thread of its own. Without the
// database the pages stay as they are, with the time at which they were made; those of before a restart are read from disk, where a snapshot is before anybody sees it. Each control plane keeps
// all of them for itself.
//
// Metrics: sonde_status_pages, sonde_status_page_oldest_seconds, sonde_status_page_builds_total{outcome}, sonde_status_page_build_seconds.
class Keeper final : public Pages {
public:
    // `pool` and `metrics` must outlive it.
    Keeper(db::Pool& pool, KeeperOptions options, history::Accounting accounting, metrics::Registry& metrics);
    ~Keeper() override { stop(); }
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;

    // Reads what there is on disk; then goes on by itself, whenever the database is there. Waits for neither. `dsn` is for hearing that there is something new.
    void start(Secret dsn);
    void stop();

    [[nodiscard]] bool empty() const { return rack_.ids().empty(); }
    [[nodiscard]] std::shared_ptr<const Page> find(std::string_view slug) const override { return rack_.find(slug); }
    [[nodiscard]] std::shared_ptr<const Page> find_host(std::string_view host) const override { return rack_.find_host(host); }
    [[nodiscard]] std::unique_ptr<Subscription> subscribe(std::string slug, Callback callback) override { return bell_.subscribe(std::move(slug), std::move(callback)); }

private:
    struct Due {
        MonotonicPoint at;                     // for the time that passes
        std::optional<MonotonicPoint> heard;   // of something that has changed
        MonotonicPoint calm{};                 // not before
    };

    void run();
    milliseconds look();
    void hear(MonotonicPoint now);
    [[nodiscard]] std::map<StatusPageId, Due>::iterator next_due(MonotonicPoint now);
    void build(StatusPageId id, Due& due);
    void publish(StatusPageId id, PagePtr page);
    void keep(StatusPageId id, const Page& page, std::string_view file);
    void tell_subscribers(StatusPageId id, const Snapshot& page);

    db::Pool& pool_;
    const KeeperOptions options_;
    const history::Accounting accounting_;
    const Shelf shelf_;
    Rack rack_;
    Bell bell_;
    metrics::Gauge& pages_;
    metrics::Counter& built_;
    metrics::Counter& failed_;
    metrics::Histogram& seconds_;

    std::mutex mutex_;
    std::condition_variable wakes_;
    bool nudged_ = false;
    bool stopping_ = false;

    NewsReader news_;  // the thread's own, from here on
    std::map<StatusPageId, Due> due_;
    std::optional<MonotonicPoint> heard_at_;
    MonotonicPoint next_build_{};
    bool shelf_fails_ = false;
    std::optional<db::Listener> listener_;
    std::thread thread_;
};

}  // namespace sonde::status_page
