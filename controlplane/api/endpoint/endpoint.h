// What every operation of /v1 has in common: who may call it, how large its body may be, and what becomes of its failures.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/access/caller_address.h"
#include "controlplane/api/endpoint/access.h"
#include "controlplane/api/endpoint/rate_limit.h"
#include "controlplane/api/endpoint/repeat.h"
#include "controlplane/history/accounting.h"
#include "lib/account/user_id.h"
#include "lib/crypto/crypto.h"
#include "lib/db/db.h"
#include "lib/http/router.h"

namespace sonde::run {
class Desk;
}
namespace sonde::events {
class Feed;
}
namespace sonde::login {
class Login;
}

namespace sonde::controlplane {

class CommandDesk;
struct Joining;

struct Call;

// What operations work on. All of it outlives the router.
struct Backend {
    db::Pool& pool;  // for `Call`, by which every operation comes to the database
    const crypto::SecretBox& secrets;
    CommandDesk& commands;
    run::Desk& runs;
    events::Feed& events;
    Tokens& tokens;
    login::Login& login;
    history::Accounting accounting{};  // where a request does not say otherwise
    std::atomic<int> backtests{0};  // under way
    Joining* joining = nullptr;     // where agents cannot join
    RateLimiter* limits = nullptr;  // null: nobody is limited
    Proxies proxies{};
    // Opens a stream of events `changed` of the status page of this slug; `place` is held as long as the stream. Throws http::ProblemError, 503, where there can be none. Null where no
    // pages are served.
    std::function<http::Response(const http::Request&, const std::string& slug, std::shared_ptr<void> place)> listen_to_page{};
};

struct Endpoint;

// One authenticated and permitted request.
struct Call {
    const Endpoint& endpoint;
    const http::Request& request;
    const Actor& actor;
    db::Tx* tx = nullptr;             // in which all of it has to be done, with a key that the transaction has claimed
    const RequestKey* key = nullptr;  // for what the engine is asked to do
    std::string address{};            // of who calls, as far as proxies are trusted
    SessionId session{};              // of who has logged in; 0 with a token
    UserId user{};

    // Reads and writes go through this: it is done as this caller (`enter`).
    template <class Body>
    auto transact(Backend& backend, Body body) const {
        if (tx != nullptr) return body(*tx);
        return backend.pool.transact([&](db::Tx& own) {
            enter(own);
            return body(own);
        });
    }
    // Begins every transaction of a call: sees and writes what the caller may see, and what is written has its entries in the audit. Throws DbError.
    void enter(db::Tx& own) const;
};

// How a request with an Idempotency-Key is kept from being done twice.
enum class Once : unsigned char {
    in_transaction,  // the key, what is done and the answer are written in one transaction
    by_command,      // the key is written with the command for the engine: who comes again waits for the same command
    harmless,        // what comes again changes nothing, and the key is not looked at
};

inline constexpr std::size_t kMaxBodyBytes = 1 << 20;
inline constexpr std::size_t kMaxBulkBytes = 64 << 20;

// Runs on a worker of the HTTP server. Throws http::ProblemError and db::DbError; both become problem documents.
using Operation = http::Response (*)(Backend&, const Call&);

struct Endpoint {
    http::Method method;
    std::string_view pattern;
    Permission permission;  // what who calls it must have
    Operation operation;
    std::size_t max_body = kMaxBodyBytes;
    Once once = Once::in_transaction;  // of those that write
};

// Whether it changes something; runs and backtests do not.
inline bool writes(const Endpoint& endpoint) {
    return endpoint.method != http::Method::get && endpoint.method != http::Method::head && endpoint.once != Once::harmless;
}

// One row an operation; every resource has such a table.
using Endpoints = std::vector<Endpoint>;

// Authenticates, checks role and size, calls, and turns database failures into problems.
http::Response serve(const Endpoint& endpoint, Backend& backend, const http::Request& request);

// As `serve`, for what needs no authentication: the actor is `nobody`, and the permission is not looked at.
http::Response serve_anybody(const Endpoint& endpoint, Backend& backend, const http::Request& request);

// The problem that a failure of the database is to the caller. `broken` is a defect of ours and not for him: it is thrown on.
http::Response database_problem(const db::DbError& error);

// Of one answer.
inline constexpr std::size_t kMaxErrors = 100;

// As a 422 with every mistake, if there are any; of very many, the first hundred and a count.
void refuse_if_any(const json::Problems& problems);

[[noreturn]] void not_found(std::string_view what);

// The identifier in the path. What is no identifier names nothing: 404.
template <class AnyId>
AnyId path_id(const Call& call, const std::string& parameter) {
    const auto found = call.request.parameters.find(parameter);
    if (found != call.request.parameters.end()) {
        if (const auto id = AnyId::parse(found->second)) return *id;
    }
    not_found("there is nothing with this identifier");
}

}  // namespace sonde::controlplane
