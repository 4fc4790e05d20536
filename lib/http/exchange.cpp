#include "lib/http/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "lib/http/target.h"
#include "lib/log/log.h"

namespace sonde::http {
namespace {

Response too_large(std::size_t limit) {
    return problem_response(problem::too_large, fmt::format("A body may have at most {} bytes.", limit));
}

Response no_room() {
    return problem_response(problem::unavailable, "Too many large bodies are under way already.").with("Retry-After", "1");
}

std::size_t body_limit(const Request& request, const ServerOptions& options) {
    if (!options.body_limit) return options.max_body_bytes;
    return std::min(options.body_limit(request.method, request.path), options.max_body_bytes);
}

bool cuts_body(const Request& request, const ServerOptions& options) {
    return options.cuts_body && options.cuts_body(request.method, request.path);
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

// Nothing if there is none; the largest number there is if it is not readable.
std::optional<std::uint64_t> content_length(const Request& request) {
    const auto* text = request.header("content-length");
    if (text == nullptr) return std::nullopt;
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
    if (error != std::errc{} || end != text->data() + text->size()) return UINT64_MAX;
    return length;
}

// What two parties could read differently is refused: request smuggling. RFC 9112, sections 6.1 and 6.3.
std::string doubtful_framing(const Request& request) {
    int lengths = 0;
    int encodings = 0;
    int hosts = 0;
    for (const auto& [name, value] : request.headers) {
        if (name == "content-length") ++lengths;
        if (name == "host") ++hosts;
        if (name != "transfer-encoding") continue;
        ++encodings;
        if (lower(value) != "chunked") return "The only transfer encoding understood is chunked.";
    }
    if (lengths + encodings > 1) return "The length of the body is given more than once.";
    if (hosts > 1) return "There is more than one Host header.";
    return {};
}

Refusal closing(Response response) { return {std::move(response), true}; }

void refuse_body(Exchange& exchange, Response response, BodyBudget& budget) {
    exchange.refusal = std::move(response);
    exchange.close = true;
    drop_body(exchange, budget);
}

// False if the memory is taken by others.
bool keep(Exchange& exchange, std::string_view part, std::size_t limit, BodyBudget& budget) {
    if (!budget.take(exchange.kept_bytes, part.size())) return false;
    exchange.kept_bytes += part.size();
    auto& body = exchange.request.body;
    // A large one is not moved each time it has outgrown its place; what is announced and does not come takes no memory.
    if (body.size() <= BodyBudget::kSmall && exchange.kept_bytes > BodyBudget::kSmall) {
        body.reserve(std::min<std::uint64_t>(content_length(exchange.request).value_or(0), limit));
    }
    body += part;
    return true;
}

}  // namespace

std::optional<Refusal> check_head(Exchange& exchange, std::string_view method, const ServerOptions& options) {
    auto& request = exchange.request;
    if (auto doubt = doubtful_framing(request); !doubt.empty()) return closing(problem_response(problem::malformed, doubt));
    const auto length = content_length(request);
    const bool waits = request.header("expect") != nullptr;
    const bool at_once = waits || length.value_or(0) > kMostDiscarded;

    const auto known = from_name<Method>(method);
    if (!known) return Refusal{problem_response(problem::not_implemented, "This method is not one the server knows."), at_once};
    request.method = *known;
    if (exchange.target.size() > options.max_target_bytes) {
        const auto detail = fmt::format("A target may have at most {} bytes.", options.max_target_bytes);
        return Refusal{problem_response(problem::uri_too_long, detail), at_once};
    }
    auto target = decode_target(exchange.target);
    if (!target) return Refusal{problem_response(problem::malformed, "The target " + target.error().message + "."), at_once};
    request.path = std::move(target->path);
    request.query = std::move(target->query);
    const auto limit = body_limit(request, options);
    if (length.value_or(0) > (cuts_body(request, options) ? kMostDiscarded : limit)) return Refusal{too_large(limit), at_once};
    return std::nullopt;
}

bool take_body(Exchange& exchange, std::string_view part, const ServerOptions& options, BodyBudget& budget) {
    exchange.body_bytes += part.size();
    auto& request = exchange.request;
    request.body_bytes = exchange.body_bytes;
    const auto limit = body_limit(request, options);
    if (!exchange.refusal && exchange.body_bytes > limit) {
        if (cuts_body(request, options)) {
            part = part.substr(0, limit - std::min(limit, request.body.size()));
        } else {
            refuse_body(exchange, too_large(limit), budget);
        }
    }
    if (!exchange.refusal && !keep(exchange, part, limit, budget)) refuse_body(exchange, no_room(), budget);
    return exchange.body_bytes <= kMostDiscarded;
}

void drop_body(Exchange& exchange, BodyBudget& budget) {
    std::string().swap(exchange.request.body);
    budget.give(std::exchange(exchange.kept_bytes, 0));
}

Response run_handler(const Router& router, Request& request) {
    try {
        return router.dispatch(request);
    } catch (const ProblemError& error) {
        return problem_response(error);
    } catch (const std::exception& error) {
        log::error("http_handler_failed", "method", name_of(request.method), "route", request.route, "error", error.what());
    } catch (...) {
        log::error("http_handler_failed", "method", name_of(request.method), "route", request.route, "error", "not an exception");
    }
    return problem_response(problem::internal, "The request failed by a defect of the server. Its log has the reason.");
}

Response overloaded() {
    return problem_response(problem::unavailable, "Too many requests are waiting already.").with("Retry-After", "1");
}

Response stopping() { return problem_response(problem::unavailable, "The server is stopping.").with("Retry-After", "5"); }

}  // namespace sonde::http
