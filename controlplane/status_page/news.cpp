#include "controlplane/status_page/news.h"

#include <fmt/format.h>

#include <vector>

namespace sonde::status_page {
namespace {

constexpr db::Statement kBegin{"status_page_news_begin", "select pg_snapshot_xmin(pg_current_snapshot())::text"};
// The first row is the next mark. Windows and their events name no site here: they are rare, and all pages are looked at.
constexpr db::Statement kNews{"status_page_news", R"sql(
select pg_snapshot_xmin(pg_current_snapshot())::text, null, null, null
union all
select c.xid::text, c.entity, c.entity_id, coalesce(m.site_id, c.entity_id)
from change c left join monitor m on c.entity = 'monitor' and m.id = c.entity_id
where c.xid >= $1::text::xid8 and c.entity in ('status_page', 'site', 'monitor', 'maintenance')
union all
select o.xid::text, split_part(o.kind, '.', 1), o.id, o.site_id
from outbox o where o.xid >= $1::text::xid8 and split_part(o.kind, '.', 1) in ('incident', 'maintenance')
union all
select e.xid::text, 'state', m.site_id, m.site_id
from state_edge e join monitor m on m.id = e.monitor_id where e.xid >= $1::text::xid8 group by e.xid, m.site_id)sql"};
constexpr db::Statement kConcerned{"status_page_concerned", R"sql(
select id from status_page
where sites && $1::bigint[] or monitors && array(select id from monitor where site_id = any($1::bigint[])))sql"};

}  // namespace

NewsReader::News NewsReader::read(db::Tx& tx) {
    News news;
    if (!mark_) {
        mark_ = std::string(tx.run(kBegin)[0].text(0));
        told_.clear();
        news.everything = true;
        return news;
    }
    std::unordered_set<std::string> seen;
    std::set<std::int64_t> sites;
    std::string mark;
    for (const auto row : tx.run(kNews, {*mark_})) {
        if (row.is_null(1)) {
            mark = row.text(0);
            continue;
        }
        auto key = fmt::format("{}/{}/{}", row.text(0), row.text(1), row.whole(2));
        const bool told = told_.contains(key);
        seen.insert(std::move(key));
        if (told) continue;
        if (row.text(1) == "status_page") {
            news.pages.insert(row.id<StatusPageId>(2));
        } else if (row.text(1) == "maintenance" || row.is_null(3)) {
            news.everything = true;
        } else {
            sites.insert(row.whole(3));
        }
    }
    if (!sites.empty() && !news.everything) {
        for (const auto row : tx.run(kConcerned, {std::vector<std::int64_t>(sites.begin(), sites.end())})) news.pages.insert(row.id<StatusPageId>(0));
    }
    mark_ = std::move(mark);
    told_ = std::move(seen);
    return news;
}

}  // namespace sonde::status_page
