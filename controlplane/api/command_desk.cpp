#include "controlplane/api/command_desk.h"

#include <thread>

#include "lib/json/json.h"
#include "lib/log/log.h"

namespace sonde::controlplane {
namespace {

constexpr milliseconds kPoll{20};

constexpr db::Statement kIncident{"command_incident", "select shard, version from incident where id = $1"};
constexpr db::Statement kInsert{"command_insert", R"(
    insert into incident_command (incident_id, shard, action, actor, body, if_version) values ($1, $2, $3, $4, $5, $6) returning id)"};
constexpr db::Statement kNotify{"command_notify", "select pg_notify('sonde_command', '')"};
constexpr db::Statement kOutcome{"command_outcome", "select outcome from incident_command where id = $1 and done_at is not null"};

constexpr db::Statement kInsertVoting{"voting_command_insert", R"(
    insert into voting_command (subject, subject_id, action, actor, comment) values ($1, $2, $3, $4, $5) returning id)"};
constexpr db::Statement kVotingOutcome{"voting_command_outcome", "select outcome from voting_command where id = $1 and done_at is not null"};

struct Written {
    Outcome refused = Outcome::done;  // other than `done`: nothing was written down
    std::int64_t command = 0;
};

Written write_down(db::Tx& tx, const Command& command) {
    const auto rows = tx.run(kIncident, {command.incident});
    if (rows.empty()) return {Outcome::not_found};
    if (command.if_version && *command.if_version != rows[0].small(1)) return {Outcome::stale};
    const auto body = command.comment.empty() ? Json::object() : Json{{"comment", command.comment}};
    const auto id = tx.run(kInsert, {command.incident, rows[0].small(0), name_of(command.action), command.actor, json::dump(body),
                                     command.if_version})[0]
                        .whole(0);
    tx.run(kNotify);
    return {Outcome::done, id};
}

}  // namespace

Outcome CommandDesk::ask(const Command& command) {
    const auto written = pool_.transact([&](db::Tx& tx) { return write_down(tx, command); });
    if (written.refused != Outcome::done) return written.refused;
    return wait_if_there_is_room(kOutcome, written.command);
}

Outcome CommandDesk::ask(const VotingCommand& command) {
    const auto id = pool_.transact([&](db::Tx& tx) {
        const auto written = tx.run(kInsertVoting, {command.subject, command.id, command.action, command.actor, command.comment})[0].whole(0);
        tx.run(kNotify);
        return written;
    });
    return wait_if_there_is_room(kVotingOutcome, id);
}

Outcome CommandDesk::wait_if_there_is_room(const db::Statement& outcome_of, std::int64_t command) {
    const bool may_wait = waiting_.fetch_add(1) < max_waiting_;
    const auto outcome = may_wait ? wait(outcome_of, command) : Outcome::busy;
    waiting_.fetch_sub(1);
    return outcome;
}

Outcome CommandDesk::wait(const db::Statement& outcome_of, std::int64_t command) {
    const auto deadline = std::chrono::steady_clock::now() + patience_;
    while (!closed_ && std::chrono::steady_clock::now() < deadline) {
        try {
            const auto rows = pool_.transact([&](db::Tx& tx) { return tx.run(outcome_of, {command}); });
            if (!rows.empty()) return from_name<Outcome>(rows[0].text(0)).value_or(Outcome::unanswered);
        } catch (const db::DbError& error) {
            // It stays written down, so what there is to tell is not that the request failed.
            log::warning("command_outcome_unread", "reason", std::string_view{error.what()});
            return Outcome::unanswered;
        }
        std::this_thread::sleep_for(kPoll);
    }
    return Outcome::unanswered;
}

}  // namespace sonde::controlplane
