#include "controlplane/ping/request.h"

#include <algorithm>
#include <charconv>

namespace sonde::ping {
namespace {

constexpr double kLongestRunMs = 31.0 * 24 * 3600 * 1000;

// Decimal, at most three digits.
std::optional<int> exit_code_in(std::string_view text) {
    int code = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
    if (text.empty() || text.size() > 3 || error != std::errc{} || end != text.data() + text.size() || code < 0 || code > 255) return std::nullopt;
    return code;
}

bool read_action(std::string_view action, check::HeartbeatFacts& facts) {
    const auto kind = from_name<check::PingKind>(action);
    if (kind && *kind != check::PingKind::success) {  // which has no word of its own
        facts.ping = *kind;
        return true;
    }
    facts.exit_code = exit_code_in(action);
    if (!facts.exit_code) return false;
    facts.ping = *facts.exit_code == 0 ? check::PingKind::success : check::PingKind::fail;
    return true;
}

void take_body(const http::Request& request, check::HeartbeatFacts& facts) {
    facts.peer = request.peer;
    facts.body = request.body.substr(0, check::HeartbeatFacts::kMostBody);
    facts.body_bytes = static_cast<std::int64_t>(std::max(request.body_bytes, request.body.size()));
}

}  // namespace

Result<Call, Mistake> read_ping(const http::Request& request) {
    Call call;
    const auto action = request.parameters.find("action");
    if (action != request.parameters.end() && !read_action(action->second, call.facts)) {
        return Mistake{404, "the action must be start, fail, log or an exit code from 0 to 255"};
    }
    if (const auto* run = request.query_value("rid"); run != nullptr) {
        if (!check::is_run_id(*run)) return Mistake{400, "rid must be 1 to 64 of A-Z a-z 0-9 . _ -"};
        call.facts.run = *run;
    }
    take_body(request, call.facts);
    return call;
}

Result<Call, Mistake> read_push(const http::Request& request) {
    Call call;
    const auto* status = request.query_value("status");
    if (status != nullptr && !status->empty() && *status != "up" && *status != "down") return Mistake{400, "status must be up or down"};
    if (status != nullptr && *status == "down") call.facts.ping = check::PingKind::fail;
    if (const auto* message = request.query_value("msg"); message != nullptr) call.facts.said = *message;
    if (const auto* took = request.query_value("ping"); took != nullptr && !took->empty()) {
        double ms = 0;
        const auto [end, error] = std::from_chars(took->data(), took->data() + took->size(), ms);
        if (error != std::errc{} || end != took->data() + took->size() || !(ms >= 0 && ms <= kLongestRunMs)) {
            return Mistake{400, "ping must be milliseconds"};
        }
        call.took = microseconds{static_cast<std::int64_t>(ms * 1000)};
    }
    take_body(request, call.facts);
    return call;
}

}  // namespace sonde::ping
