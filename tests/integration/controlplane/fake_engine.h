// What answers people's commands in tests of the API alone.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "lib/base/shard.h"
#include "tests/integration/controlplane/api_stand.h"

namespace sonde::test {

// Answers every command with one outcome, as an engine would; opens what is to be opened and acknowledges what is to be acknowledged.
class FakeEngine {
public:
    explicit FakeEngine(std::string outcome, std::string refusal = "")
        : outcome_(std::move(outcome)), refusal_(std::move(refusal)), thread_([this] { work(); }) {}
    ~FakeEngine() {
        stop_ = true;
        thread_.join();
    }
    FakeEngine(const FakeEngine&) = delete;
    FakeEngine& operator=(const FakeEngine&) = delete;

private:
    void work() {
        while (!stop_) {
            try {
                answer();
            } catch (const db::DbError&) {
                continue;  // a server that is busy refuses connections now and then
            }
            std::this_thread::sleep_for(milliseconds{5});
        }
    }

    void answer() {
        stand().pool().transact([this](db::Tx& tx) {
            for (const auto row : tx.run_text("update incident_command set done_at = now(), outcome = $1, refusal = nullif($2, '') where done_at is null "
                                              "returning incident_id, action, body::text, actor",
                                              {outcome_, refusal_})) {
                if (outcome_ == "done") carry_out(tx, row);
            }
        });
    }

    static void carry_out(db::Tx& tx, const db::Row& row) {
        if (row.text(1) == "acknowledge") {
            tx.run_text("update incident set state = 'acknowledged', acknowledged_at = now(), acknowledged_by = $2, version = version + 1 where id = $1",
                        {row.whole(0), row.text(3)});
        } else if (row.text(1) == "open") {
            const auto terms = (*json::parse(row.text(2)))["terms"];
            const auto site = *SiteId::parse(terms["site"].get<std::string>());
            tx.run_text(R"(insert into incident (id, site_id, shard, scope, state, severity, title, failing_since, opened_at, opened_by)
                           values ($1, $2, $3, 'outage', 'open', 'major', $4, now(), now(), $5))",
                        {row.whole(0), site, shard_of(site), terms["title"].get<std::string>(), row.text(3)});
        }
    }

    std::string outcome_;
    std::string refusal_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace sonde::test
