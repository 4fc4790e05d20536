#include "controlplane/api/monitor/vote.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/stored.h"

namespace sonde::controlplane {
namespace {

// Looks back no further than $3 ms: a result older than that is no vote, and a region that stopped must not cost a scan of the
// past.
constexpr std::string_view kVotes = R"(
    select r.name, r.failure_domain, x.slot, x.attempt, x.started_at, x.verdict, x.failure_class, x.detail ->> 'message',
           (extract(epoch from now() - x.started_at) * 1000)::bigint, count(*) over (),
           coalesce(h.health = 'quarantined', false)
    from region r
    left join region_health h on h.region_id = r.id
    left join lateral (
        select slot, attempt, started_at, verdict, failure_class, detail from {}
        where {} region_id = r.id and slot > now() - $3::bigint * interval '1 millisecond'
        order by slot desc, attempt desc limit 1) x on true
    where cardinality($2::text[]) = 0 or r.name = any($2::text[])
    order by r.name)";

constexpr std::chrono::hours kRows{24};  // for so long at least results are rows, and not packed

}  // namespace

milliseconds cadence_of(const MonitorDraft& draft, std::size_t regions) {
    const auto turns = draft.placement == Placement::rotate ? std::max<std::size_t>(regions, 1) : 1;
    return draft.interval * static_cast<std::int64_t>(turns);
}

Json votes_of(db::Tx& tx, const Monitor& monitor) {
    const auto& draft = monitor.draft;
    const auto look_back = std::max<milliseconds>(std::chrono::hours{1}, 3 * cadence_of(draft, kMaxRegions) + draft.timeout);
    Json votes = Json::array();
    const auto sql = look_back <= kRows ? fmt::format(kVotes, "result", "monitor_id = $1 and")
                                        : fmt::format(kVotes, "results_of($1, now() - $3::bigint * interval '1 millisecond', 'infinity')", "");
    for (const auto row : tx.run({look_back <= kRows ? "monitor_votes" : "monitor_votes_packed", sql}, {monitor.id, draft.regions, look_back.count()})) {
        Json vote;
        vote["region"] = row.text(0);
        vote["failure_domain"] = row.text(1);
        const auto worth = check::vote_of(draft.policy, row.text(0));
        if (worth == check::RegionVote::exclude || row.boolean(10)) vote["standing"] = worth == check::RegionVote::exclude ? "excluded" : "quarantined";
        if (worth == check::RegionVote::page) vote["pages"] = true;
        if (row.is_null(2)) {
            vote["verdict"] = "absent";
            vote["fresh"] = false;
        } else {
            const auto fresh_for = cadence_of(draft, static_cast<std::size_t>(row.whole(9))) * 3 / 2 + draft.timeout;
            vote["verdict"] = verdict_name(row.small(5));
            vote["class"] = class_name(row.small(6));
            vote["slot"] = to_rfc3339(row.time(2));
            vote["attempt"] = row.small(3);
            vote["at"] = to_rfc3339(row.time(4));
            vote["fresh"] = row.whole(8) <= fresh_for.count();
            vote["message"] = row.is_null(7) ? "" : std::string(row.text(7));
        }
        votes.push_back(std::move(vote));
    }
    return votes;
}

}  // namespace sonde::controlplane
