#include "controlplane/api/history/backtest_input.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/body.h"
#include "lib/base/shard.h"

namespace sonde::controlplane {
namespace {

void read_instant(json::Reader& in, std::string_view field, TimePoint& target) {
    std::string text;
    if (!in.text(field, text)) return;
    if (const auto at = from_rfc3339(text)) target = *at;
    else in.refuse(field, "must be a date-time as in RFC 3339");
}

}  // namespace

BacktestInput read_backtest(const Json& body, TimePoint now, json::Problems& problems) {
    BacktestInput input;
    json::Reader in(body, "", problems);
    in.require({"from", "to"});
    MonitorId monitor;
    if (in.id("monitor_id", monitor)) input.monitor = monitor;
    SiteId site;
    if (in.id("site_id", site)) input.site = site;
    if (in.has("monitor_id") == in.has("site_id")) in.refuse("monitor_id", "either this or `site_id` must be there");
    read_instant(in, "from", input.from);
    read_instant(in, "to", input.to);
    if (const auto* policy = in.object("policy")) {
        input.policy = *policy;
        check::read_policy(patched(check::write_policy({}), *policy), "/policy", problems);
    }
    milliseconds interval{0};
    if (in.duration_ms("interval_ms", interval, milliseconds{5000}, milliseconds{86'400'000})) input.interval = interval;
    in.texts("regions", input.regions, 64, {.min = 1, .max = 32});
    std::string confirmation;
    if (in.text("confirmation", confirmation)) {
        if (confirmation == "strict") input.unmade = decision::Unmade::unanswered;
        else if (confirmation != "assume") in.refuse("confirmation", R"(must be one of "assume", "strict")");
    }
    if (problems.empty()) {
        if (input.to <= input.from) in.refuse("to", "must be after `from`");
        else if (input.to > now) in.refuse("to", "must not be in the future");
        else if (input.to - input.from > kLongestBacktest) in.refuse("to", "must be at most 31 days after `from`");
    }
    in.finish();
    return input;
}

void alter(decision::Definition& definition, const BacktestInput& input, json::Problems& problems) {
    json::Problems wrong;
    definition.policy = check::read_policy(patched(check::write_policy(definition.policy), input.policy), "/policy", wrong);
    problems.insert(problems.end(), wrong.begin(), wrong.end());
    if (!input.regions.empty()) {
        std::erase_if(definition.voters, [&](const decision::Voter& voter) {
            return std::find(input.regions.begin(), input.regions.end(), voter.name) == input.regions.end();
        });
        if (definition.voters.empty()) problems.push_back({"/regions", fmt::format("\"{}\" is checked from none of them", definition.name)});
        decision::weigh_voters(definition, {});
    }
    if (input.interval) {
        if (definition.heartbeat) {
            problems.push_back({"/interval_ms", fmt::format("\"{}\" has none: it is heard of", definition.name)});
        } else if (*input.interval % definition.interval != milliseconds{0}) {
            problems.push_back({"/interval_ms", fmt::format("must be a multiple of the interval of \"{}\", which is {}: what was not checked is not known",
                                                            definition.name, definition.interval.count())});
        } else {
            definition.interval = *input.interval;
        }
    }
}

bool keeps_slot(MonitorId monitor, milliseconds interval, const BacktestInput& input, Slot slot) {
    if (!input.interval || *input.interval == interval) return true;
    return slot_number(phase_of(monitor, interval), interval, slot) % (*input.interval / interval) == 0;
}

}  // namespace sonde::controlplane
