#include "controlplane/status_page/subscribe/notice_store.h"

#include <algorithm>
#include <unordered_map>

namespace sonde::status_page::subscribe {
namespace {

constexpr db::Statement kFirst{"page_notice_first", "select min(confirmed_at) from subscriber where page_id = $1 and state = 'confirmed'"};
// When the postmortems of these were first published.
constexpr db::Statement kPublished{"page_notice_published", R"sql(
select incident_id, min(at) from incident_postmortem where incident_id = any($1::bigint[]) and published group by incident_id)sql"};
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

}  // namespace

int write_notices(db::Tx& tx, StatusPageId id, const Snapshot& page) {
    const auto first = tx.run(kFirst, {id});
    if (first[0].is_null(0)) return 0;
    auto notices = notices_of(page);
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
