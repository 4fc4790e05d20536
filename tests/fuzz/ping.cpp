// Lines: the path after the token, the query, then the body. As `/fail\nrid=1\nno space left`.
#include <algorithm>

#include "controlplane/ping/request.h"
#include "lib/check/judge.h"
#include "lib/http/target.h"
#include "tests/fuzz/target.h"

using namespace sonde;

namespace {

void check_facts(const ping::Call& call) {
    const auto& facts = call.facts;
    fuzz::require(!facts.exit_code || (*facts.exit_code >= 0 && *facts.exit_code <= 255), "an exit code is one");
    fuzz::require(facts.run.empty() || check::is_run_id(facts.run), "a run is named as it may be");
    fuzz::require(facts.body.size() <= check::HeartbeatFacts::kMostBody, "a body is bounded");
    fuzz::require(call.took >= microseconds{0}, "nothing takes less than no time");
    Json detail = Json::object();
    detail[check::HeartbeatFacts::name] = write(facts, true);
    const auto text = json::dump(detail);
    const auto again = json::parse(text);
    fuzz::require(again.ok(), "what is written of a ping is JSON");
    const auto mark = check::read_ping_mark(*again);
    fuzz::require(mark && mark->ping == facts.ping && mark->run == facts.run, "what decides of a ping is read back");
    check::Observation seen;
    seen.seen = facts;
    const auto judged = check::judge(check::Spec{check::HeartbeatSpec{}}, seen, TimePoint{});
    fuzz::require((judged.verdict == check::Verdict::down) == (facts.ping == check::PingKind::fail), "a failure is down, and nothing else is");
}

}  // namespace

SONDE_FUZZ_TARGET(ping) {
    auto text = fuzz::text(data, size);
    const auto line = [&text] {
        const auto end = std::min(text.find('\n'), text.size());
        const auto part = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        return std::string(part);
    };
    const auto action = line();
    const auto target = http::decode_target("/ping/0123456789abcdef" + action + "?" + line());
    if (!target) return 0;
    http::Request request;
    request.path = target->path;
    request.query = target->query;
    request.body = text;
    request.body_bytes = text.size();
    const auto slash = request.path.find('/', 6);
    if (slash != std::string::npos) request.parameters["action"] = request.path.substr(slash + 1);
    if (const auto call = ping::read_ping(request)) check_facts(*call);
    if (const auto call = ping::read_push(request)) check_facts(*call);
    return 0;
}
