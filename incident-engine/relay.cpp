#include "incident-engine/relay.h"

#include <condition_variable>
#include <mutex>

#include "lib/log/log.h"
#include "lib/message/subject.h"

namespace sonde::engine {
namespace {

constexpr int kAtOnce = 200;
constexpr milliseconds kPublishDeadline{3000};
constexpr milliseconds kWait{4000};

// A queue that is empty now may have hundreds of pages of rows that were removed, and be thought to have one row: by ranges of numbers, and row for
// row from `outbox`, there is one plan for it.
constexpr db::Statement kTake{"outbox_to_relay", R"sql(
select o.id, o.kind, coalesce(o.site_id, 0), o.payload::text, extract(epoch from now() - o.at)::float8
from (select event_id from event_to_relay where event_id > $2 order by event_id limit $1) next
cross join lateral (select * from outbox where id = next.event_id offset 0) o
order by o.id)sql"};
constexpr db::Statement kMarkRelayed{"outbox_relayed", "delete from event_to_relay where event_id between $2 and $3 and event_id = any($1::bigint[])"};

// The answers of one round. Shared with the callbacks, which may come after the round has given up on them.
struct Answers {
    std::mutex mutex;
    std::condition_variable all;
    std::size_t missing = 0;
    std::vector<std::int64_t> accepted;
    std::size_t refused = 0;
};

}  // namespace

bool Relay::step() {
    struct Row {
        std::int64_t id;
        std::string subject;
        std::string payload;
    };
    std::vector<Row> rows;
    double oldest = 0;
    const auto taken = pool_.run(kTake, {kAtOnce, cursor_.after(std::chrono::steady_clock::now())});
    for (const auto row : taken) {
        if (rows.empty()) oldest = row.real(4);
        rows.push_back({row.whole(0), message::subject::event(row.text(1), row.id<SiteId>(2)), std::string(row.text(3))});
    }
    metrics_.outbox_age.set(oldest);
    if (rows.empty() || !bus_.health().connected) {
        cursor_.begin_anew();
        return false;
    }

    auto answers = std::make_shared<Answers>();
    answers->missing = rows.size();
    for (const auto& row : rows) {
        bus_.publish_to_stream(
            row.subject, row.payload,
            [answers, id = row.id](bus::PublishOutcome outcome) {
                const std::scoped_lock lock(answers->mutex);
                if (outcome == bus::PublishOutcome::accepted) answers->accepted.push_back(id);
                if (outcome == bus::PublishOutcome::refused) ++answers->refused;
                if (--answers->missing == 0) answers->all.notify_all();
            },
            kPublishDeadline);
    }
    std::vector<std::int64_t> accepted;
    std::size_t refused = 0;
    {
        std::unique_lock lock(answers->mutex);
        answers->all.wait_for(lock, kWait, [&] { return answers->missing == 0; });
        accepted = answers->accepted;
        refused = answers->refused;
    }
    if (!accepted.empty()) {
        pool_.transact([&](db::Tx& tx) { tx.run(kMarkRelayed, {accepted, rows.front().id, rows.back().id}); });
        metrics_.relayed.add(accepted.size());
    }
    const bool all = accepted.size() == rows.size();
    if (!all && !failing_) log::warning("events_not_relayed", "waiting", rows.size() - accepted.size(), "refused", refused);
    if (all && failing_) log::info("events_relayed_again");
    failing_ = !all;
    const bool more = all && rows.size() == static_cast<std::size_t>(kAtOnce);
    cursor_.removed(rows.back().id, more);
    return more;
}

}  // namespace sonde::engine
