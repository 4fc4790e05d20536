#include "controlplane/api/endpoint/command_desk.h"

#include <thread>

#include "controlplane/api/endpoint/endpoint.h"
#include "lib/base/shard.h"
#include "lib/json/json.h"
#include "lib/log/log.h"

namespace sonde::controlplane {
namespace {

constexpr milliseconds kPoll{20};

constexpr db::Statement kIncident{"command_incident", "select shard, version from incident where id = $1"};
constexpr db::Statement kSite{"command_site", "select 1 from site where id = $1 and deleted_at is null"};
constexpr db::Statement kInsert{"command_insert", R"(
    insert into incident_command (incident_id, shard, action, actor, body, if_version) values ($1, $2, $3, $4, $5, $6) returning id)"};
constexpr db::Statement kNotify{"command_notify", "select pg_notify('sonde_command', '')"};
constexpr db::Statement kOutcome{"command_outcome", "select outcome, refusal from incident_command where id = $1 and done_at is not null"};

constexpr db::Statement kInsertVoting{"voting_command_insert", R"(
    insert into voting_command (subject, subject_id, action, actor, comment) values ($1, $2, $3, $4, $5) returning id)"};
constexpr db::Statement kVotingOutcome{"voting_command_outcome", "select outcome, null::text from voting_command where id = $1 and done_at is not null"};

constexpr db::Statement kAdvisory{"command_advisory", "select 1 from advisory where id = $1"};
constexpr db::Statement kAbout{"command_about", "select incident_id from incident_command where id = $1"};

struct Written {
    Outcome refused = Outcome::done;  // other than `done`: nothing was written down
    std::int64_t command = 0;
    IncidentId incident{};
};

Written write_down(db::Tx& tx, IncidentId incident, const decision::Command& command) {
    int shard = 0;
    if (const auto* opening = std::get_if<decision::Opening>(&command.terms)) {
        if (tx.run(kSite, {opening->site}).empty()) return {Outcome::not_found};
        shard = shard_of(opening->site);
    } else {
        const auto rows = tx.run(kIncident, {incident});
        if (rows.empty()) return {Outcome::not_found};
        if (command.if_version && *command.if_version != rows[0].small(1)) return {Outcome::stale};
        shard = rows[0].small(0);
    }
    const auto id = tx.run(kInsert, {incident, shard, name_of(command.action), command.actor, json::dump(decision::write_body(command)),
                                     command.if_version})[0]
                        .whole(0);
    tx.run(kNotify);
    return {Outcome::done, id, incident};
}

// What is refused here leaves no key behind.
struct Unwritten {
    Outcome why;
};

std::optional<std::int64_t> earlier_command(db::Tx& tx, const crypto::SecretBox& secrets, const RequestKey* key) {
    const auto earlier = key != nullptr ? repeat::claim(tx, secrets, *key) : std::nullopt;
    return earlier ? std::optional(earlier->command) : std::nullopt;
}

}  // namespace

Answer CommandDesk::ask(const Call& call, IncidentId incident, const decision::Command& command, const std::function<void(db::Tx&)>& also) {
    try {
        const auto written = pool_.transact([&](db::Tx& tx) -> Written {
            call.enter(tx);
            if (const auto earlier = earlier_command(tx, secrets_, call.key)) {
                const auto about = tx.run(kAbout, {*earlier});
                if (about.empty()) throw Unwritten{Outcome::not_found};
                return {Outcome::done, *earlier, about[0].id<IncidentId>(0)};
            }
            const auto now = write_down(tx, incident, command);
            if (now.refused != Outcome::done) throw Unwritten{now.refused};
            if (also) also(tx);
            if (call.key != nullptr) repeat::set_command(tx, *call.key, now.command);
            return now;
        });
        auto answer = wait_if_there_is_room(kOutcome, written.command);
        answer.incident = written.incident;
        return answer;
    } catch (const Unwritten& unwritten) {
        return {unwritten.why};
    }
}

Answer CommandDesk::ask(const Call& call, const VotingCommand& command) {
    const auto id = pool_.transact([&](db::Tx& tx) {
        call.enter(tx);
        if (command.subject == "advisory" && tx.run(kAdvisory, {command.id}).empty()) return std::int64_t{0};
        if (const auto earlier = earlier_command(tx, secrets_, call.key)) return *earlier;
        const auto written = tx.run(kInsertVoting, {command.subject, command.id, command.action, command.actor, command.comment})[0].whole(0);
        tx.run(kNotify);
        if (call.key != nullptr) repeat::set_command(tx, *call.key, written);
        return written;
    });
    if (id == 0) return {Outcome::not_found};
    return wait_if_there_is_room(kVotingOutcome, id);
}

Answer CommandDesk::wait_if_there_is_room(const db::Statement& outcome_of, std::int64_t command) {
    const bool may_wait = waiting_.fetch_add(1) < max_waiting_;
    const auto answer = may_wait ? wait(outcome_of, command) : Answer{Outcome::busy};
    waiting_.fetch_sub(1);
    return answer;
}

Answer CommandDesk::wait(const db::Statement& outcome_of, std::int64_t command) {
    const auto deadline = std::chrono::steady_clock::now() + patience_;
    while (!closed_ && std::chrono::steady_clock::now() < deadline) {
        try {
            const auto rows = pool_.transact([&](db::Tx& tx) { return tx.run(outcome_of, {command}); });
            if (!rows.empty()) {
                const auto refusal = rows[0].is_null(1) ? std::nullopt : from_name<decision::Refusal>(rows[0].text(1));
                return {from_name<Outcome>(rows[0].text(0)).value_or(Outcome::unanswered), refusal.value_or(decision::Refusal::none)};
            }
        } catch (const db::DbError& error) {
            // It stays written down, so what there is to tell is not that the request failed.
            log::warning("command_outcome_unread", "reason", std::string_view{error.what()});
            return {};
        }
        std::this_thread::sleep_for(kPoll);
    }
    return {};
}

}  // namespace sonde::controlplane
