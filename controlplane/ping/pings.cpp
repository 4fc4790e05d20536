#include "controlplane/ping/pings.h"

#include <fmt/format.h>

#include "controlplane/ping/request.h"
#include "lib/check/judge.h"
#include "lib/crypto/crypto.h"

namespace sonde::ping {
namespace {

constexpr metrics::Family kPings{"sonde_pings_total", "Pings, by what became of them."};
constexpr int kLanes = 100;

int random_lane() {
    const auto bytes = crypto::random_bytes(2);
    return (static_cast<unsigned char>(bytes[0]) * 256 + static_cast<unsigned char>(bytes[1])) % kLanes;
}

http::Response text(std::string body, int status) {
    auto response = http::Response::text(std::move(body), "text/plain; charset=utf-8", status);
    if (status == 503) return std::move(response).with("Retry-After", "2");
    return response;
}

http::Response push_answer(bool ok, std::string_view message, int status) {
    Json document{{"ok", ok}};
    if (!ok) document["msg"] = message;
    auto response = http::Response::json(document, status);
    if (status == 503) return std::move(response).with("Retry-After", "2");
    return response;
}

std::string_view words_for(int status) { return status == 200 ? "OK" : status == 404 ? "not found" : "not accepted now, try again"; }

message::ProbeResult result_of(const Stamped& stamped, int lane, const check::HeartbeatFacts& facts, microseconds took) {
    check::Observation observation;
    observation.seen = facts;
    const auto judgement = check::judge(check::HeartbeatSpec{}, observation, stamped.at);
    message::ProbeResult result;
    result.monitor = stamped.target.monitor;
    result.site = stamped.target.site;
    result.revision = stamped.target.revision;
    result.slot = stamped.at;
    result.attempt = lane;
    result.started_at = stamped.at;
    result.verdict = judgement.verdict;
    result.cause = judgement.cause;
    result.phases.total = took;
    Json detail = Json::object();
    if (!judgement.message.empty()) detail["message"] = json::clean_utf8(judgement.message);
    detail[check::HeartbeatFacts::name] = write(facts, true);
    result.detail = json::dump(detail);
    return result;
}

}  // namespace

Pings::Pings(db::Pool& pool, Secret dsn, bus::Bus& bus, metrics::Registry& metrics)
    : directory_(pool, std::move(dsn)), courier_(bus, "controlplane-" + crypto::hex(crypto::random_bytes(4)), {}), lane_(random_lane()) {
    constexpr std::array names{"accepted", "unknown_token", "malformed", "not_accepted"};
    for (std::size_t i = 0; i < names.size(); ++i) counters_[i] = &metrics.counter(kPings, {{"outcome", names[i]}});
}

void Pings::add_routes(http::Router& router) {
    for (const auto method : {http::Method::get, http::Method::head, http::Method::post}) {
        const auto to_ping = [this](const http::Request& request, http::Reply reply) { ping(request, std::move(reply)); };
        router.add_deferred(method, "/ping/{token}", to_ping);
        router.add_deferred(method, "/ping/{token}/{action}", to_ping);
        router.add_deferred(method, "/api/push/{token}",
                            [this](const http::Request& request, http::Reply reply) { push(request, std::move(reply)); });
    }
}

void Pings::ping(const http::Request& request, http::Reply reply) {
    const auto call = read_ping(request);
    if (!call) {
        count(Outcome::malformed);
        return reply(text(call.error().message, call.error().status));
    }
    accept(request, call->facts, call->took, [reply = std::move(reply)](int status) { reply(text(std::string(words_for(status)), status)); });
}

void Pings::push(const http::Request& request, http::Reply reply) {
    const auto call = read_push(request);
    if (!call) {
        count(Outcome::malformed);
        return reply(push_answer(false, call.error().message, call.error().status));
    }
    accept(request, call->facts, call->took,
           [reply = std::move(reply)](int status) { reply(push_answer(status == 200, words_for(status), status)); });
}

void Pings::accept(const http::Request& request, const check::HeartbeatFacts& facts, microseconds took, std::function<void(int status)> done) {
    if (!directory_.known()) {
        count(Outcome::not_accepted);
        return done(503);
    }
    const auto stamped = directory_.stamp(request.parameters.at("token"), wall_now());
    if (!stamped) {
        count(Outcome::unknown_token);
        return done(404);
    }
    courier_.send(result_of(*stamped, lane_, facts, took), [this, done = std::move(done)](bool accepted) {
        count(accepted ? Outcome::accepted : Outcome::not_accepted);
        done(accepted ? 200 : 503);
    });
}

bool is_ping_path(std::string_view path) { return path.starts_with("/ping/") || path.starts_with("/api/push/"); }

}  // namespace sonde::ping
