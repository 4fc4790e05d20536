// What people ask the incident engine to do with an incident: written down for the engine, then waited for.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "controlplane/api/endpoint/repeat.h"
#include "lib/base/enum_name.h"
#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/db/db.h"
#include "lib/decision/incident_command.h"

namespace sonde::controlplane {

struct Call;

enum class Outcome : unsigned char {
    done,
    unchanged,   // it was so already
    conflict,    // the incident's state does not allow it
    not_found,   // no such incident: nothing was written down
    stale,       // another version than `if_version`: nothing was changed
    unanswered,  // written down, and will be done; the engine did not answer in time
    busy,        // written down, and will be done; too many wait already for this one to wait as well
    forbidden,   // it is somebody else's
};

struct Answer {
    Outcome outcome = Outcome::unanswered;
    decision::Refusal refusal = decision::Refusal::none;  // why `conflict`, `not_found` or `forbidden`
    IncidentId incident{};  // that the command is about
};

// What a person asks for about a region or an advisory: names as in table voting_command.
struct VotingCommand {
    std::string_view subject;
    std::int64_t id = 0;
    std::string_view action;
    std::string actor;
    std::string comment;
};

// Thread-safe. Outlives the calls of `ask`.
class CommandDesk {
public:
    // At most `max_waiting` calls wait at a time, so that an engine that is away does not take all workers of the server.
    CommandDesk(db::Pool& pool, const crypto::SecretBox& secrets, int max_waiting, milliseconds patience = milliseconds{5000})
        : pool_(pool), secrets_(secrets), max_waiting_(max_waiting), patience_(patience) {}

    // Blocks up to `patience`, without a transaction open. Throws DbError if it could not be written down. With a key of the call that came before, nothing
    // is written down: what came with it first is waited for. `also` is done in the transaction that writes it down; if it throws, nothing is, and that comes out here.
    Answer ask(const Call& call, IncidentId incident, const decision::Command& command, const std::function<void(db::Tx&)>& also = {});
    Answer ask(const Call& call, const VotingCommand& command);
    // Lets all that wait go, as unanswered, and nobody wait from now on.
    void close() { closed_ = true; }

private:
    Answer wait_if_there_is_room(const db::Statement& outcome_of, std::int64_t command);
    Answer wait(const db::Statement& outcome_of, std::int64_t command);

    db::Pool& pool_;
    const crypto::SecretBox& secrets_;
    int max_waiting_;
    milliseconds patience_;
    std::atomic<int> waiting_{0};
    std::atomic<bool> closed_{false};
};

}  // namespace sonde::controlplane

template <>
struct sonde::EnumNames<sonde::controlplane::Outcome> {
    static constexpr std::array<std::string_view, 8> names{"done",  "unchanged",  "conflict", "not_found",
                                                           "stale", "unanswered", "busy",     "forbidden"};
};
