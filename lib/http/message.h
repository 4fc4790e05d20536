// HTTP as our handlers see it: a request that has arrived whole, and the response to it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/json/reader.h"

namespace sonde::http {

enum class Method : unsigned char { get, head, post, put, patch, del, options };

}  // namespace sonde::http

template <>
struct sonde::EnumNames<sonde::http::Method> {
    static constexpr std::array<std::string_view, 7> names{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
};

namespace sonde::http {

class Stream;
class Streams;

struct Request {
    Method method = Method::get;
    std::string path;                                          // decoded, without the query
    std::string route;                                         // the pattern that matched, `/v1/sites/{site_id}`; labels metrics
    std::map<std::string, std::string> parameters;             // of the pattern, decoded
    std::vector<std::pair<std::string, std::string>> query;    // decoded, in order
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;
    std::size_t body_bytes = 0;  // that arrived; more than there are in `body` only where the server cuts bodies
    std::string peer;  // address of the connection's other end
    Streams* streams = nullptr;  // the server's, for `open_stream`

    [[nodiscard]] const std::string* header(std::string_view name) const;       // the first one; name in lower case
    [[nodiscard]] const std::string* query_value(std::string_view name) const;  // the first one
};

// Without the blanks that may stand around a part of a field's value (OWS: RFC 9110, section 5.6.3).
std::string_view trimmed(std::string_view text);

// The host that the request is for, by its header `Host`: in small letters, without a port and a dot at its end. Empty without one.
std::string host_of(const Request& request);

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::shared_ptr<Stream> stream{};  // what the body comes from, instead of `body`
    std::shared_ptr<const std::string> shared{};  // a body that other responses have too, instead of `body`
    std::string_view fixed{};          // a body that is there as long as the process, instead of `body`: however many take it, and however slowly, it is there once

    static Response json(const Json& document, int status = 200);
    static Response text(std::string body, std::string content_type = "text/plain; charset=utf-8", int status = 200);
    static Response empty(int status = 204);
    // Server-sent events, of a stream that the request's handler opened.
    static Response events(std::shared_ptr<Stream> stream);
    Response&& with(std::string name, std::string value) &&;
};

// What went wrong, as RFC 9457 problem documents tell it. `code` is stable and closed; `detail` is for people.
struct ProblemKind {
    std::string_view code;  // the last part of the document's `type`, `urn:sonde:problem:<code>`
    int status;
    std::string_view title;
};

namespace problem {
inline constexpr ProblemKind invalid{"invalid", 422, "The request is not valid"};
inline constexpr ProblemKind malformed{"malformed", 400, "The request cannot be read"};
inline constexpr ProblemKind unauthenticated{"unauthenticated", 401, "Authentication is required"};
inline constexpr ProblemKind second_factor{"second_factor", 401, "A second factor is required"};
inline constexpr ProblemKind forbidden{"forbidden", 403, "Not allowed"};
inline constexpr ProblemKind not_found{"not_found", 404, "Not found"};
inline constexpr ProblemKind method_not_allowed{"method_not_allowed", 405, "Method not allowed"};
inline constexpr ProblemKind request_timeout{"request_timeout", 408, "The request took too long to arrive"};
inline constexpr ProblemKind conflict{"conflict", 409, "Conflicts with the present state"};
inline constexpr ProblemKind precondition_failed{"precondition_failed", 412, "Changed in the meantime"};
inline constexpr ProblemKind too_large{"too_large", 413, "Too large"};
inline constexpr ProblemKind uri_too_long{"uri_too_long", 414, "The request's target is too long"};
inline constexpr ProblemKind unsupported_media_type{"unsupported_media_type", 415, "Unsupported media type"};
inline constexpr ProblemKind precondition_required{"precondition_required", 428, "A precondition is required"};
inline constexpr ProblemKind too_many_requests{"too_many_requests", 429, "Too many requests"};
inline constexpr ProblemKind internal{"internal", 500, "Internal error"};
inline constexpr ProblemKind not_implemented{"not_implemented", 501, "Not implemented"};
inline constexpr ProblemKind unavailable{"unavailable", 503, "Not available now"};
inline constexpr ProblemKind timeout{"timeout", 504, "Took too long"};
}  // namespace problem

Json problem_document(const ProblemKind& kind, std::string_view detail, const json::Problems& errors = {});

// application/problem+json with type, title, status, detail and, where given, `errors: [{pointer, detail}]`.
Response problem_response(const ProblemKind& kind, std::string_view detail, const json::Problems& errors = {});

// Thrown by handlers; the server turns it into its response. Anything else a handler throws is a 500 without internals.
struct ProblemError {
    ProblemKind kind;
    std::string detail;
    json::Problems errors;
};

// As above. What is not available now says when to come again: `Retry-After` (RFC 9110, 10.2.3) of five seconds.
Response problem_response(const ProblemError& error);

}  // namespace sonde::http
