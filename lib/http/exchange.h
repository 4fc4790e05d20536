// One request and its response on the way through the server, apart from the library that carries them. Internal to lib/http.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/instant.h"
#include "lib/http/body_budget.h"
#include "lib/http/router.h"
#include "lib/http/server.h"

namespace sonde::http {

// Why a request is answered without a handler, and whether its connection is of any further use.
struct Refusal {
    Response response;
    bool at_once = false;  // do not even wait for the body: where it ends is in doubt, or it is too much
};

struct Exchange {
    enum class Stage : unsigned char { arriving, reading, whole, handling, answered };

    Stage stage = Stage::arriving;
    std::string target;  // as it came
    Request request;
    std::size_t body_bytes = 0;       // arrived, kept or not
    std::size_t kept_bytes = 0;       // of the budget
    std::optional<Response> refusal;  // of what is still arriving
    std::optional<Response> response;
    std::shared_ptr<Stream> stream;  // what the response comes from, once it has begun
    bool close = false;  // the connection, after the response
    MonotonicPoint whole_at;
};

// Reads method, target and framing into the request. To be asked when all headers are there.
std::optional<Refusal> check_head(Exchange& exchange, std::string_view method, const ServerOptions& options);

// A refused body of at most so much is read to its end and thrown away, so that the client is still there to read the refusal.
inline constexpr std::size_t kMostDiscarded = 64U << 20U;

// Keeps or discards a part of the body; false if the client must be cut off.
bool take_body(Exchange& exchange, std::string_view part, const ServerOptions& options, BodyBudget& budget);

// Frees the body, which nobody looks at any more.
void drop_body(Exchange& exchange, BodyBudget& budget);

// Calls the handler; whatever it throws becomes a response.
Response run_handler(const Router& router, Request& request);

Response overloaded();
Response stopping();

}  // namespace sonde::http
