#include "controlplane/api/history/backtest.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/history/replay_source.h"
#include "controlplane/api/history/wording.h"
#include "controlplane/api/monitor/site_store.h"

namespace sonde::controlplane::backtest_api {
namespace {

constexpr int kMostAtOnce = 2;  // each works a processor for as long as it lasts
constexpr seconds kLongest{20};
constexpr std::size_t kMostNotes = 200;
constexpr std::size_t kMostIncidents = 200;

constexpr db::Statement kReal{"backtest_incidents", R"(
    select i.id, i.scope, i.title, i.severity, i.state, i.opened_by, i.opened_at, i.resolved_at, i.resolved_by,
           min(j.joined_at), case when bool_and(j.left_at is not null) then max(j.left_at) end
    from incident_monitor j join incident i on i.id = j.incident_id
    where j.monitor_id = any($1::bigint[]) and not j.named and j.joined_at < $3::timestamptz and coalesce(j.left_at, 'infinity') > $2::timestamptz
    group by i.id order by min(j.joined_at), i.id limit 1000)"};

class Turn {
public:
    explicit Turn(std::atomic<int>& under_way) : under_way_(under_way), granted_(under_way.fetch_add(1) < kMostAtOnce) {}
    ~Turn() { under_way_.fetch_sub(1); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    [[nodiscard]] bool granted() const { return granted_; }

private:
    std::atomic<int>& under_way_;
    bool granted_;
};

// What is replayed, with the interval that the stored slots have.
struct Subject {
    decision::Definition definition;
    milliseconds interval{0};
};

std::vector<Subject> subjects(db::Tx& tx, const BacktestInput& input) {
    std::vector<Monitor> monitors;
    if (input.monitor) {
        auto found = monitor_store::find(tx, *input.monitor);
        if (!found) refuse_if_any({{"/monitor_id", "there is no such monitor"}});
        monitors.push_back(std::move(*found));
    } else {
        if (!site_store::find(tx, *input.site)) refuse_if_any({{"/site_id", "there is no such site"}});
        MonitorFilter filter;
        filter.site_id = input.site;
        Page page;
        page.limit = kMostBacktestMonitors;
        monitors = monitor_store::list(tx, filter, Sorting(kMonitorOrder), page).items;
    }
    json::Problems problems;
    if (monitors.size() > static_cast<std::size_t>(kMostBacktestMonitors)) {
        problems.push_back({"/site_id", fmt::format("has more than {} monitors; ask for them one by one", kMostBacktestMonitors)});
        refuse_if_any(problems);
    }
    if (monitors.empty()) problems.push_back({"/site_id", "has no monitors"});
    std::sort(monitors.begin(), monitors.end(), [](const Monitor& a, const Monitor& b) { return a.id < b.id; });
    const auto regions = regions_of_votes(tx);
    for (std::size_t i = 0; i < input.regions.size(); ++i) {
        const bool known = std::any_of(regions.begin(), regions.end(), [&](const auto& region) { return region.name == input.regions[i]; });
        if (!known) problems.push_back({fmt::format("/regions/{}", i), fmt::format("there is no region \"{}\"", input.regions[i])});
    }
    std::vector<Subject> found;
    for (const auto& monitor : monitors) {
        const auto site = site_store::find(tx, monitor.draft.site_id);
        Subject subject{definition_of(monitor, site ? site->draft.name : "", regions), monitor.draft.interval};
        alter(subject.definition, input, problems);
        found.push_back(std::move(subject));
    }
    refuse_if_any(problems);
    return found;
}

// Returns how many results there were. Throws a problem if they are too many, or too many for the time.
int run(db::Tx& tx, decision::Replay& replay, const std::vector<Subject>& subjects, const BacktestInput& input) {
    milliseconds warm_up{0};
    milliseconds beyond{0};
    bool heartbeats = false;
    std::vector<MonitorId> ids;
    for (const auto& subject : subjects) warm_up = std::max(warm_up, warm_up_of(subject.definition));
    for (const auto& subject : subjects) {
        ids.push_back(subject.definition.monitor);
        heartbeats = heartbeats || subject.definition.heartbeat.has_value();
        replay.watch(subject.definition, input.from - warm_up);
        if (!subject.definition.heartbeat) beyond = std::max(beyond, 2 * subject.definition.cadence());
    }
    const auto interval_of = [&](MonitorId monitor) {
        const auto at = std::find_if(subjects.begin(), subjects.end(), [&](const Subject& one) { return one.definition.monitor == monitor; });
        return at->interval;
    };
    const auto deadline = std::chrono::steady_clock::now() + kLongest;
    int taken = 0;
    try {
        // The next round beyond the end answers what is asked for within.
        each_result(tx, ids, heartbeats, {input.from - warm_up, input.to + beyond, kMostBacktestResults}, [&](decision::StoredResult result) {
            if (++taken % 1024 == 0 && std::chrono::steady_clock::now() > deadline) {
                throw http::ProblemError{http::problem::too_large,
                                         fmt::format("the range could not be replayed in {} s; ask for a shorter one", kLongest.count()), {}};
            }
            const auto* seen = std::get_if<decision::ResultSeen>(&result.what);
            if (seen != nullptr && !keeps_slot(result.monitor, interval_of(result.monitor), input, seen->slot)) return;
            replay.feed(std::move(result));
        });
    } catch (const TooManyResults&) {
        throw http::ProblemError{http::problem::too_large,
                                 fmt::format("the range has more than {} results; ask for a shorter one, or one monitor", kMostBacktestResults), {}};
    }
    replay.finish(input.to);
    return taken;
}

Json present(const decision::ReplayedIncident& replayed, const BacktestInput& input) {
    const auto& incident = replayed.incident;
    Json monitors = Json::array();
    for (const auto& member : incident.members) {
        monitors.push_back({{"id", member.monitor.text()}, {"name", member.name}, {"cause", name_of(member.cause)},
                            {"joined_at", to_rfc3339(member.joined_at)},
                            {"left_at", member.left_at ? Json(to_rfc3339(*member.left_at)) : Json(nullptr)}});
    }
    const auto end = incident.resolved_at.value_or(input.to);
    return {{"scope", name_of(incident.scope)}, {"severity", name_of(incident.worst_severity)}, {"title", incident.title},
            {"failing_since", to_rfc3339(incident.failing_since)}, {"opened_at", to_rfc3339(incident.opened_at)},
            {"resolved_at", incident.resolved_at ? Json(to_rfc3339(*incident.resolved_at)) : Json(nullptr)},
            {"lasted_ms", (end - incident.opened_at).count()}, {"reason", name_of(replayed.reason)},
            {"began_before_the_range", incident.opened_at < input.from}, {"assumed", replayed.assumed}, {"rule", replayed.evidence["rule"]},
            {"votes", with_marks(replayed.evidence["votes"])}, {"monitors", std::move(monitors)}};
}

Json present_counts(const decision::Replay& replay) {
    Json counts = Json::array();
    for (const auto& [what, count] : replay.counts()) {
        counts.push_back({{"kind", name_of(what.first)}, {"reason", name_of(what.second)}, {"count", count}});
    }
    return counts;
}

// Failures that paged nobody, within the range.
Json present_notes(const decision::Replay& replay, const BacktestInput& input) {
    Json notes = Json::array();
    for (const auto& noted : replay.notes()) {
        if (noted.note.kind == decision::NoteKind::transition || noted.at < input.from || noted.at > input.to) continue;
        Json note{{"at", to_rfc3339(noted.at)}, {"monitor_id", noted.monitor.text()}, {"kind", name_of(noted.note.kind)},
                  {"from", name_of(noted.note.from)}, {"to", name_of(noted.note.to)}, {"reason", name_of(noted.note.reason)},
                  {"votes", with_marks(noted.evidence["votes"])}};
        note["sentence"] = describe_decision(note);
        notes.push_back(std::move(note));
    }
    return notes;
}

std::vector<RealIncident> real_incidents(db::Tx& tx, const std::vector<Subject>& subjects, const BacktestInput& input) {
    std::vector<std::int64_t> ids;
    for (const auto& subject : subjects) ids.push_back(subject.definition.monitor.value());
    std::vector<RealIncident> found;
    for (const auto row : tx.run(kReal, {ids, input.from, input.to})) {
        RealIncident real{std::string(row.text(1)), row.time(9), row.maybe(10, &db::Row::time), {}};
        real.document = {{"id", row.id<IncidentId>(0).text()}, {"scope", row.text(1)}, {"title", row.text(2)}, {"severity", row.text(3)},
                         {"state", row.text(4)}, {"opened_by", row.text(5)}, {"opened_at", to_rfc3339(row.time(6))},
                         {"resolved_at", instant_or_null(row, 7)}, {"resolved_by", text_or_null(row, 8)}, {"joined_at", to_rfc3339(real.from)},
                         {"left_at", real.to ? Json(to_rfc3339(*real.to)) : Json(nullptr)}};
        found.push_back(std::move(real));
    }
    return found;
}

http::Response backtest(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto input = read_backtest(read_body(call), wall_now(), problems);
    refuse_if_any(problems);
    const Turn turn(backend.backtests);
    if (!turn.granted()) {
        return http::problem_response(http::problem::unavailable, fmt::format("{} backtests are under way", kMostAtOnce)).with("Retry-After", "5");
    }
    std::optional<decision::Replay> replayer;
    std::vector<Subject> replayed;
    std::vector<RealIncident> really;
    int results = 0;
    call.transact(backend, [&](db::Tx& tx) {
        replayer.emplace(decision::Replay::Options{.unmade = input.unmade, .notes = kMostNotes * 4, .results = 0});
        replayed = subjects(tx, input);
        really = real_incidents(tx, replayed, input);
        results = run(tx, *replayer, replayed, input);
    });
    const auto& replay = *replayer;
    Json monitors = Json::array();
    for (const auto& subject : replayed) {
        Json regions = Json::array();
        for (const auto& voter : subject.definition.voters) regions.push_back(voter.name);
        monitors.push_back({{"id", subject.definition.monitor.text()}, {"name", subject.definition.name},
                            {"interval_ms", subject.definition.interval.count()}, {"regions", std::move(regions)},
                            {"policy", check::write_policy(subject.definition.policy)}, {"rule", check::describe(subject.definition.policy)}});
    }
    // What was over before the range began was replayed to know how things stood.
    std::vector<decision::ReplayedIncident> would;
    for (const auto& one : replay.incidents()) {
        if (!one.incident.resolved_at || *one.incident.resolved_at >= input.from) would.push_back(one);
    }
    Json opened = Json::array();
    for (std::size_t i = 0; i < would.size() && i < kMostIncidents; ++i) opened.push_back(present(would[i], input));
    Json happened = Json::array();
    for (const auto& real : really) happened.push_back(real.document);
    auto not_paged = present_notes(replay, input);
    const bool truncated = would.size() > kMostIncidents || not_paged.size() > kMostNotes;
    while (not_paged.size() > kMostNotes) not_paged.erase(not_paged.size() - 1);
    const bool assumes = input.unmade == decision::Unmade::from_next_round;
    Json document;
    document["from"] = to_rfc3339(input.from);
    document["to"] = to_rfc3339(input.to);
    document["monitors"] = std::move(monitors);
    document["results"] = results;
    document["confirmation"] = assumes ? "assumed from the next round" : "only what was checked";
    document["answers_assumed"] = replay.assumed_answers();
    document["answers_missing"] = replay.unanswered();
    document["would"] = {{"incidents", std::move(opened)}, {"decisions", present_counts(replay)}, {"not_paged", std::move(not_paged)}};
    document["really"] = {{"incidents", std::move(happened)}};
    document["difference"] = difference_of(would, really, input.from, input.to);
    document["truncated"] = truncated;
    return http::Response::json(document);
}

}  // namespace

Endpoints endpoints() {
    return {{http::Method::post, "/v1/policies/backtest", Permission::monitors_read, backtest, kMaxBodyBytes, Once::harmless}};
}

}  // namespace sonde::controlplane::backtest_api
