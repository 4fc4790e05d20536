#include "controlplane/status_page/subscribe/notice_store.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "controlplane/api/monitor/maintenance_store.h"

namespace sonde::status_page::subscribe {
namespace {

constexpr db::Statement kFirst{"page_notice_first", "select min(confirmed_at) from subscriber where page_id = $1 and state = 'confirmed'"};
// When the postmortems of these were first published.
constexpr db::Statement kPublished{"page_notice_published", R"sql(
select incident_id, min(at) from incident_postmortem where incident_id = any($1::bigint[]) and published group by incident_id)sql"};
// Maintenance that was to come or under way, of which the page ($2: what it shows) has nothing.
constexpr db::Statement kVanished{"page_notice_vanished", R"sql(
select n.thread, bool_or(n.step = 'started'), (array_agg(n.document order by n.id desc))[1]::text
from page_notice n
where n.page_id = $1 and n.step in ('scheduled', 'started') and n.thread <> all($2::text[]) and (n.document ->> 'ends_at')::timestamptz > $3
  and not exists (select from page_notice m where m.page_id = n.page_id and m.thread = n.thread and m.step in ('ended', 'cancelled'))
group by n.thread order by min(n.id))sql"};
constexpr db::Statement kWrite{"page_notice_write", R"sql(
insert into page_notice (page_id, thread, step, at, components, document)
select $1, n.thread, n.step, n.at, array(select c ->> 'id' from jsonb_array_elements(n.document -> 'components') c), n.document
from unnest($2::text[], $3::text[], $4::timestamptz[], $5::jsonb[]) as n (thread, step, at, document)
where exists (select from status_page where id = $1)
on conflict do nothing)sql"};
constexpr db::Statement kTell{"page_notice_tell", "select pg_notify('sonde_page_notice', '')"};

constexpr std::string_view kPostmortem = "postmortem";

void date_postmortems(db::Tx& tx, std::vector<Notice>& notices) {
    std::vector<std::int64_t> incidents;
    for (const auto& notice : notices) {
        if (notice.step != kPostmortem) continue;
        if (const auto id = IncidentId::parse(notice.thread)) incidents.push_back(id->value());
    }
    if (incidents.empty()) return;
    std::unordered_map<std::string, TimePoint> published;
    for (const auto row : tx.run(kPublished, {incidents})) published[row.id<IncidentId>(0).text()] = row.time(1);
    for (auto& notice : notices) {
        if (notice.step != kPostmortem) continue;
        notice.at = published[notice.thread];
        notice.document["at"] = to_rfc3339(notice.at);
    }
}

// Whether a window still is at that time. It may be so and yet be none of the page's: then nobody called it off.
bool is_planned(db::Tx& tx, WindowId id, TimePoint start) {
    const auto window = controlplane::window_store::find(tx, id);
    const auto plan = window ? maintenance::Plan::of(window->draft) : std::nullopt;
    if (!plan) return false;
    const auto given = controlplane::window_store::given_ends(tx, {*window});
    const auto ends = given.find(id);
    const auto around = plan->between(start, start + milliseconds{1}, 1'000, ends == given.end() ? maintenance::Ends{} : ends->second);
    return std::any_of(around.begin(), around.end(), [start](const auto& one) { return one.start == start && one.end > start; });
}

// Maintenance that was news and is off.
std::vector<Notice> withdrawals(db::Tx& tx, StatusPageId id, const Snapshot& page) {
    std::vector<std::string> shown;
    for (const auto& one : page.maintenance) shown.push_back(one.id);
    std::vector<Notice> all;
    for (const auto row : tx.run(kVanished, {id, shown, page.made_at})) {
        const auto document = json::parse(row.text(2));
        if (!document) continue;
        const Announced announced{std::string(row.text(0)), row.boolean(1), *document};
        const auto window = WindowId::parse(window_of(announced.thread));
        const auto start = from_rfc3339(document->value("starts_at", ""));
        if (window && start && !is_planned(tx, *window, *start)) all.push_back(withdrawal_of(announced, page.made_at));
    }
    return all;
}

}  // namespace

int write_notices(db::Tx& tx, StatusPageId id, const Snapshot& page) {
    const auto first = tx.run(kFirst, {id});
    if (first[0].is_null(0)) return 0;
    auto notices = withdrawals(tx, id, page);
    // Who hears that it is not then is to hear when it is instead.
    std::set<std::string> moved;
    for (const auto& one : notices) moved.insert(window_of(one.thread));
    auto news = notices_of(page, moved);
    std::move(news.begin(), news.end(), std::back_inserter(notices));
    date_postmortems(tx, notices);
    const auto since = std::max(first[0].time(0), page.made_at - kNewsFor);
    std::erase_if(notices, [since](const Notice& notice) { return notice.at < since; });
    if (notices.empty()) return 0;
    std::vector<std::string> threads;
    std::vector<std::string> steps;
    std::vector<TimePoint> times;
    std::vector<std::string> documents;
    for (const auto& notice : notices) {
        threads.push_back(notice.thread);
        steps.push_back(notice.step);
        times.push_back(notice.at);
        documents.push_back(json::dump(notice.document));
    }
    const auto written = tx.run(kWrite, {id, threads, steps, times, documents}).affected();
    if (written > 0) tx.run(kTell);
    return written;
}

}  // namespace sonde::status_page::subscribe
