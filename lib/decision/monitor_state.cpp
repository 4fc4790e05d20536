#include "lib/decision/monitor_state.h"

#include <fmt/format.h>

#include <charconv>

#include "lib/decision/muting_text.h"
#include "lib/decision/plain_state.h"
#include "lib/decision/time_text.h"
#include "lib/json/reader.h"

namespace sonde::decision {
namespace {

using Out = std::back_insert_iterator<std::string>;

int number(RegionId region) { return static_cast<int>(region); }

void write_regions(Out out, const std::vector<RegionId>& regions) {
    fmt::format_to(out, "[");
    for (std::size_t i = 0; i < regions.size(); ++i) fmt::format_to(out, "{}{}", i == 0 ? "" : ",", number(regions[i]));
    fmt::format_to(out, "]");
}

void write_vote(Out out, const Vote& vote) {
    fmt::format_to(out, R"({{"region":{},"slot":{},"attempt":{},"at":{},"verdict":"{}")", number(vote.region), to_unix_ms(vote.slot),
                   vote.attempt, to_unix_ms(vote.taken_at), name_of(vote.verdict));
    if (vote.cause != check::FailureClass::none) fmt::format_to(out, R"(,"class":"{}")", name_of(vote.cause));
    if (vote.backfilled) fmt::format_to(out, R"(,"backfilled":true)");
    if (vote.failing_slots != 0) {
        fmt::format_to(out, R"(,"failing_slots":{},"failing_since":{})", vote.failing_slots, to_unix_ms(vote.failing_since));
    }
    if (vote.well_from != Slot{}) fmt::format_to(out, R"(,"well_from":{})", to_unix_ms(vote.well_from));
    if (!vote.message.empty()) fmt::format_to(out, R"(,"message":{})", json::dump(Json(vote.message)));
    fmt::format_to(out, "}}");
}

void write_suspicion(Out out, const Suspicion& suspicion) {
    fmt::format_to(out, R"(,"suspicion":{{"first":{},"first_at":{},"slot":{},"repeats":{},"last_attempt":{},"rounds":{},"deadline":{},"asked":[)",
                   number(suspicion.first), to_unix_ms(suspicion.first_at), to_unix_ms(suspicion.slot), suspicion.repeats,
                   suspicion.last_attempt, suspicion.rounds, to_unix_ms(suspicion.deadline));
    for (std::size_t i = 0; i < suspicion.asked.size(); ++i) {
        fmt::format_to(out, "{}[{},{}]", i == 0 ? "" : ",", number(suspicion.asked[i].region), suspicion.asked[i].attempt);
    }
    fmt::format_to(out, "]");
    if (suspicion.held_since) fmt::format_to(out, R"(,"held_since":{})", to_unix_ms(*suspicion.held_since));
    fmt::format_to(out, "}}");
}

void write_times(Out out, const std::vector<TimePoint>& instants) {
    for (std::size_t i = 0; i < instants.size(); ++i) fmt::format_to(out, "{}{}", i == 0 ? "" : ",", to_unix_ms(instants[i]));
}

void write_flaps(Out out, const Flaps& flaps) {
    fmt::format_to(out, R"(,"flaps":{{"changes":[)");
    write_times(out, flaps.changes);
    fmt::format_to(out, R"(],"outages":[)");
    write_times(out, flaps.outages);
    fmt::format_to(out, "]");
    if (flaps.since) fmt::format_to(out, R"(,"since":{})", to_unix_ms(*flaps.since));
    if (flaps.since && !flaps.told) fmt::format_to(out, R"(,"untold":true)");
    fmt::format_to(out, "}}");
}

void write_advisory_told(Out out, const AdvisoryTold& told) {
    fmt::format_to(out, R"(,"advisory_told":{{"at":[)");
    write_times(out, told.at);
    fmt::format_to(out, "]");
    if (told.failing != Slot{}) fmt::format_to(out, R"(,"failing":{})", to_unix_ms(told.failing));
    fmt::format_to(out, "}}");
}

void read_region(json::Reader& in, std::string_view field, RegionId& target) {
    int id = 0;
    if (in.whole(field, id, 0, INT16_MAX)) target = static_cast<RegionId>(id);
}

void read_hash(json::Reader& in, std::string_view field, std::uint64_t& target) {
    std::string hex;
    if (!in.text(field, hex, {.min = 16, .max = 16})) return;
    const auto end = std::from_chars(hex.data(), hex.data() + hex.size(), target, 16);
    if (end.ptr != hex.data() + hex.size()) in.refuse(field, "must be sixteen hexadecimal digits");
}

void read_regions(json::Reader& in, std::string_view field, std::vector<RegionId>& target) {
    const auto* items = in.array(field, 1000);
    if (items == nullptr) return;
    for (const auto& item : *items) {
        if (!item.is_number_integer()) return in.refuse(field, "must be region numbers");
        target.push_back(static_cast<RegionId>(item.get<int>()));
    }
}

Vote read_vote(const Json& document, const std::string& pointer, json::Problems& problems) {
    Vote vote;
    json::Reader in(document, pointer, problems);
    in.require({"region", "slot", "attempt", "at", "verdict"});
    read_region(in, "region", vote.region);
    read_time(in, "slot", vote.slot);
    in.whole("attempt", vote.attempt, 0, INT32_MAX);
    read_time(in, "at", vote.taken_at);
    in.name("verdict", vote.verdict);
    in.name("class", vote.cause);
    in.boolean("backfilled", vote.backfilled);
    in.whole("failing_slots", vote.failing_slots, 1, INT32_MAX);
    read_time(in, "failing_since", vote.failing_since);
    read_time(in, "well_from", vote.well_from);
    in.text("message", vote.message, {.min = 1, .max = kMessageBytes * 2, .multi_line = true});
    in.finish();
    return vote;
}

Suspicion read_suspicion(const Json& document, json::Problems& problems) {
    Suspicion suspicion;
    json::Reader in(document, "/suspicion", problems);
    in.require({"first", "first_at", "slot", "repeats", "last_attempt", "rounds", "deadline", "asked"});
    read_region(in, "first", suspicion.first);
    read_time(in, "first_at", suspicion.first_at);
    read_time(in, "slot", suspicion.slot);
    in.whole("repeats", suspicion.repeats, 0, INT32_MAX);
    in.whole("last_attempt", suspicion.last_attempt, 0, INT32_MAX);
    in.whole("rounds", suspicion.rounds, 0, INT32_MAX);
    read_time(in, "deadline", suspicion.deadline);
    if (const auto* items = in.array("asked", 1000)) {
        for (const auto& item : *items) {
            if (!item.is_array() || item.size() != 2 || !item[0].is_number_integer() || !item[1].is_number_integer()) {
                in.refuse("asked", "must be pairs of region and attempt");
                break;
            }
            suspicion.asked.push_back({static_cast<RegionId>(item[0].get<int>()), item[1].get<int>()});
        }
    }
    if (in.has("held_since")) read_time(in, "held_since", suspicion.held_since.emplace());
    in.finish();
    return suspicion;
}

Advisory read_advisory(const Json& document, json::Problems& problems) {
    Advisory advisory;
    json::Reader in(document, "/advisory", problems);
    in.require({"id", "regions", "class", "opened_at"});
    in.id("id", advisory.id);
    read_regions(in, "regions", advisory.regions);
    in.name("class", advisory.cause);
    read_time(in, "opened_at", advisory.opened_at);
    if (in.has("flapping_since")) read_time(in, "flapping_since", advisory.flapping_since.emplace());
    in.finish();
    return advisory;
}

void read_times(json::Reader& in, std::string_view field, std::vector<TimePoint>& target) {
    const auto* items = in.array(field, 64);
    if (items == nullptr) return;
    for (const auto& item : *items) {
        if (!item.is_number_integer()) return in.refuse(field, "must be instants");
        target.push_back(from_unix_ms(item.get<std::int64_t>()));
    }
}

AdvisoryTold read_advisory_told(const Json& document, json::Problems& problems) {
    AdvisoryTold told;
    json::Reader in(document, "/advisory_told", problems);
    in.require({"at"});
    read_times(in, "at", told.at);
    read_time(in, "failing", told.failing);
    in.finish();
    return told;
}

void write_heartbeat(std::string& text, const Heartbeat& heartbeat) {
    const Out out(text);
    const auto time = [&](std::string_view field, TimePoint at) {
        if (at != TimePoint{}) fmt::format_to(out, R"(,"{}":{})", field, to_unix_ms(at));
    };
    fmt::format_to(out, R"(,"heartbeat":{{"pings":[)");
    for (std::size_t i = 0; i < heartbeat.pings.size(); ++i) {
        const auto& ping = heartbeat.pings[i];
        fmt::format_to(out, R"({}[{},{},"{}","{}"])", i == 0 ? "" : ",", to_unix_ms(ping.at), ping.attempt, name_of(ping.kind), ping.run);
    }
    text.push_back(']');
    time("last_ping", heartbeat.last_ping);
    time("last_success", heartbeat.last_success);
    time("counts_from", heartbeat.counts_from);
    if (heartbeat.late) fmt::format_to(out, R"(,"late_after":{})", to_unix_ms(heartbeat.late_after));
    if (heartbeat.deadline) fmt::format_to(out, R"(,"deadline":{})", to_unix_ms(*heartbeat.deadline));
    if (heartbeat.last_run) fmt::format_to(out, R"(,"last_run":{})", heartbeat.last_run->count());
    text.push_back('}');
}

std::optional<Ping> read_ping(const Json& item) {
    if (!item.is_array() || item.size() != 4 || !item[0].is_number_integer() || !item[1].is_number_integer()) return std::nullopt;
    if (!item[2].is_string() || !item[3].is_string()) return std::nullopt;
    const auto kind = from_name<check::PingKind>(item[2].get_ref<const std::string&>());
    auto run = item[3].get<std::string>();
    if (!kind || (!run.empty() && !check::is_run_id(run))) return std::nullopt;
    return Ping{from_unix_ms(item[0].get<std::int64_t>()), item[1].get<int>(), *kind, std::move(run)};
}

void read_heartbeat(const Json& document, Heartbeat& heartbeat, json::Problems& problems) {
    json::Reader in(document, "/heartbeat", problems);
    in.require({"pings"});
    if (const auto* items = in.array("pings", kFinishes + kStarts)) {
        for (const auto& item : *items) {
            auto ping = read_ping(item);
            if (!ping) return in.refuse("pings", "must be lists of instant, attempt, kind and run");
            heartbeat.pings.push_back(*std::move(ping));
        }
    }
    read_time(in, "last_ping", heartbeat.last_ping);
    read_time(in, "last_success", heartbeat.last_success);
    read_time(in, "counts_from", heartbeat.counts_from);
    heartbeat.late = in.has("late_after");
    read_time(in, "late_after", heartbeat.late_after);
    if (in.has("deadline")) read_time(in, "deadline", heartbeat.deadline.emplace());
    std::int64_t run = 0;
    if (in.whole("last_run", run, 0, kMost)) heartbeat.last_run = milliseconds{run};
    in.finish();
}

void read_doubt(const Json& document, Doubt& doubt, json::Problems& problems) {
    json::Reader in(document, "/doubt", problems);
    in.require({"regions", "times", "ask_again_at"});
    read_regions(in, "regions", doubt.regions);
    in.whole("times", doubt.times, 0, INT32_MAX);
    read_time(in, "ask_again_at", doubt.ask_again_at);
    in.finish();
}

void read_recovery(const Json& document, Recovery& recovery, json::Problems& problems) {
    json::Reader in(document, "/recovery", problems);
    in.require({"slot", "rounds"});
    read_time(in, "slot", recovery.slot);
    in.whole("rounds", recovery.rounds, 0, INT32_MAX);
    read_time(in, "first", recovery.first);
    in.finish();
}

void read_flaps(const Json& document, Flaps& flaps, json::Problems& problems) {
    json::Reader in(document, "/flaps", problems);
    in.require({"changes", "outages"});
    read_times(in, "changes", flaps.changes);
    read_times(in, "outages", flaps.outages);
    if (in.has("since")) read_time(in, "since", flaps.since.emplace());
    bool untold = false;
    in.boolean("untold", untold);
    flaps.told = flaps.since && !untold;
    in.finish();
}

}  // namespace

std::string write_state(const MonitorState& state) {
    std::string text;
    text.reserve(128 + state.votes.size() * 96);
    const Out out(text);
    fmt::format_to(out, R"({{"known":"{}","since":{},"watched_since":{},"spec_hash":"{:016x}","voters_hash":"{:016x}")",
                   name_of(state.known), to_unix_ms(state.since), to_unix_ms(state.watched_since), state.spec_hash, state.voters_hash);
    if (state.activity != Activity::active) fmt::format_to(out, R"(,"activity":"{}")", name_of(state.activity));
    if (!state.covered) fmt::format_to(out, R"(,"covered":false)");
    if (state.in_outage) fmt::format_to(out, R"(,"in_outage":true)");
    if (state.in_warning) fmt::format_to(out, R"(,"in_warning":true)");
    if (state.suspicion) write_suspicion(out, *state.suspicion);
    if (state.doubt != Doubt{}) {
        fmt::format_to(out, R"(,"doubt":{{"regions":)");
        write_regions(out, state.doubt.regions);
        fmt::format_to(out, R"(,"times":{},"ask_again_at":{}}})", state.doubt.times, to_unix_ms(state.doubt.ask_again_at));
    }
    if (state.recovery != Recovery{}) {
        fmt::format_to(out, R"(,"recovery":{{"slot":{},"rounds":{})", to_unix_ms(state.recovery.slot), state.recovery.rounds);
        if (state.recovery.first != Slot{}) fmt::format_to(out, R"(,"first":{})", to_unix_ms(state.recovery.first));
        fmt::format_to(out, "}}");
    }
    if (state.advisory) {
        fmt::format_to(out, R"(,"advisory":{{"id":"{}","regions":)", state.advisory->id.text());
        write_regions(out, state.advisory->regions);
        fmt::format_to(out, R"(,"class":"{}","opened_at":{})", name_of(state.advisory->cause), to_unix_ms(state.advisory->opened_at));
        if (state.advisory->flapping_since) fmt::format_to(out, R"(,"flapping_since":{})", to_unix_ms(*state.advisory->flapping_since));
        text.push_back('}');
    }
    if (!state.advisory_told.empty()) write_advisory_told(out, *state.advisory_told);
    if (state.heartbeat != Heartbeat{}) write_heartbeat(text, state.heartbeat);
    if (state.spec_revision != 0) fmt::format_to(out, R"(,"spec_revision":{})", state.spec_revision);
    if (state.flaps != Flaps{}) write_flaps(out, state.flaps);
    if (state.counted_under.hash != 0) fmt::format_to(out, R"(,"counted_under":"{:016x}")", state.counted_under.hash);
    if (!state.muting.empty()) write_muting(text, *state.muting);
    fmt::format_to(out, R"(,"votes":[)");
    for (std::size_t i = 0; i < state.votes.size(); ++i) {
        if (i != 0) text.push_back(',');
        write_vote(out, state.votes[i]);
    }
    text += "]}";
    return text;
}

Result<MonitorState> read_state(std::string_view text) {
    if (auto plain = read_plain_state(text)) return *std::move(plain);
    auto document = json::parse(text);
    if (!document) return Error{"monitor state " + document.error().message};
    MonitorState state;
    json::Problems problems;
    json::Reader in(*document, "", problems);
    in.require({"known", "since", "watched_since", "spec_hash", "voters_hash", "votes"});
    in.name("known", state.known);
    read_time(in, "since", state.since);
    read_time(in, "watched_since", state.watched_since);
    read_hash(in, "spec_hash", state.spec_hash);
    read_hash(in, "voters_hash", state.voters_hash);
    in.name("activity", state.activity);
    in.boolean("covered", state.covered);
    in.boolean("in_outage", state.in_outage);
    in.boolean("in_warning", state.in_warning);
    if (const auto* inner = in.object("suspicion")) state.suspicion = read_suspicion(*inner, problems);
    if (const auto* inner = in.object("doubt")) read_doubt(*inner, state.doubt, problems);
    if (const auto* inner = in.object("recovery")) read_recovery(*inner, state.recovery, problems);
    if (const auto* inner = in.object("advisory")) state.advisory = read_advisory(*inner, problems);
    if (const auto* inner = in.object("advisory_told")) state.advisory_told = read_advisory_told(*inner, problems);
    if (const auto* inner = in.object("heartbeat")) read_heartbeat(*inner, state.heartbeat, problems);
    in.whole("spec_revision", state.spec_revision, 0, INT32_MAX);
    if (const auto* inner = in.object("flaps")) read_flaps(*inner, state.flaps, problems);
    read_hash(in, "counted_under", state.counted_under.hash);
    if (const auto* inner = in.object("muting")) state.muting = read_muting(*inner, problems);
    if (const auto* items = in.array("votes", 1000)) {
        for (std::size_t i = 0; i < items->size(); ++i) {
            state.votes.push_back(read_vote((*items)[i], fmt::format("/votes/{}", i), problems));
        }
    }
    in.finish();
    if (!problems.empty()) return Error{fmt::format("monitor state {}: {}", problems[0].pointer, problems[0].detail)};
    return state;
}

}  // namespace sonde::decision
