#include "notifier/deadman/deadman.h"

#include <fmt/format.h>

#include "lib/log/log.h"
#include "notifier/deadman/way.h"
#include "notifier/ledger/statements.h"

namespace sonde::notifier {
namespace {

constexpr metrics::Family kPings{"sonde_notifier_deadman_pings_total", "Pings of deadman.url: `sent`, `failed`, or `withheld` since a page might not get through."};

constexpr db::Statement kSending{"deadman_sending", "select exists (select from delivery where state = 'sending' and lease_until > now())"};

// The ledger's last five minutes.
constexpr db::Statement kAccounted{"deadman_accounted", R"sql(
    select (extract(epoch from now() - c.upto) * 1000)::bigint, coalesce(sum(m.expected), 0)::bigint, coalesce(sum(m.executed), 0)::bigint
    from history_cursor c left join slot_minute m on m.minute >= c.upto - interval '5 minutes' and m.minute < c.upto
    where c.name = 'ledger' group by c.upto)sql"};

milliseconds waited(const db::Row& row, int column) { return milliseconds{std::max<std::int64_t>(row.whole(column), 0)}; }

}  // namespace

// What is logged is a change.
struct Deadman::Account {
    explicit Account(metrics::Registry& metrics)
        : sent(metrics.counter(kPings, {{"outcome", "sent"}})),
          failed(metrics.counter(kPings, {{"outcome", "failed"}})),
          withheld(metrics.counter(kPings, {{"outcome", "withheld"}})) {}

    metrics::Counter& sent;
    metrics::Counter& failed;
    metrics::Counter& withheld;
    std::mutex mutex;
    std::string last;  // what was wrong, if anything was

    void note(metrics::Counter& counter, std::string_view event, const std::string& why) {
        counter.add();
        const std::scoped_lock lock(mutex);
        if (!why.empty() && last.empty()) log::warning(event, "reason", why);
        if (why.empty() && !last.empty()) log::info("deadman_recovered");
        last = why;
    }
};

Deadman::Deadman(DeadmanOptions options, db::Pool& pool, Courier& courier, metrics::Registry& metrics)
    : options_(std::move(options)),
      pool_(pool),
      courier_(courier),
      account_(std::make_shared<Account>(metrics)),
      thread_([this] { run(); }) {}

Deadman::~Deadman() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wakes_.notify_one();
    thread_.join();
}

void Deadman::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        ping();
        lock.lock();
        wakes_.wait_for(lock, options_.every, [this] { return stopping_; });
    }
}

void Deadman::ping() {
    if (const auto why = trouble(); !why.empty()) {
        account_->note(account_->withheld, "deadman_withheld", why);
        return;
    }
    HttpRequest request;
    request.method = "GET";
    request.url = options_.url.reveal();
    courier_.send(std::move(request), [account = account_](const HttpReply& reply) {
        const bool taken = reply.status >= 200 && reply.status < 300;
        // The address is a secret, which what libcurl says of it may tell.
        const auto why = taken ? std::string() : reply.status == 0 ? std::string(name_of(reply.failure)) : fmt::format("the answer was {}", reply.status);
        account->note(taken ? account->sent : account->failed, "deadman_failed", why);
    });
}

std::string Deadman::trouble() const {
    try {
        return pool_.transact([](db::Tx& tx) {
            deadman::Way way;
            const auto backlog = tx.run(statement::backlog);
            way.oldest_unplanned = waited(backlog[0], 0);
            way.oldest_due = waited(backlog[0], 1);
            way.sending = tx.run(kSending)[0].boolean(0);
            if (const auto rows = tx.run(kAccounted); !rows.empty()) {
                way.accounted_ago = waited(rows[0], 0);
                way.expected = rows[0].whole(1);
                way.executed = rows[0].whole(2);
            }
            return deadman::trouble(way);
        });
    } catch (const db::DbError& error) {
        return fmt::format("the database: {}", error.what());
    }
}

}  // namespace sonde::notifier
