#include "controlplane/api/history/uptime.h"

#include <algorithm>

#include "controlplane/api/history/history_query.h"
#include "controlplane/api/history/history_store.h"

namespace sonde::controlplane::uptime_api {
namespace {

constexpr std::chrono::hours kLast{24 * 30};
constexpr std::size_t kMostSpans = 1'000;

Json percent(const std::optional<double>& ratio) { return ratio ? Json(*ratio * 100) : Json(nullptr); }

int outages_in(const std::vector<history::Span>& spans) {
    return static_cast<int>(std::count_if(spans.begin(), spans.end(), [](const auto& span) { return span.state == history::State::down; }));
}

void put_uptime(Json& document, const history::Timeline& timeline, TimePoint from, TimePoint to, const history::Accounting& accounting) {
    const auto times = history::time_in(timeline, from, to);
    const auto uptime = history::count(times, accounting);
    document["uptime_percent"] = percent(uptime.ratio);
    document["coverage_percent"] = percent(uptime.coverage);
    document["counted_seconds"] = static_cast<double>((uptime.up + uptime.down).count()) / 1000.0;
    document["seconds"] = history::seconds_of(times);
    document["outages"] = outages_in(history::spans_within(timeline, from, to));
}

// The newest of them, at most kMostSpans.
void put_spans(Json& document, const history::Timeline& timeline, TimePoint from, TimePoint to) {
    auto& list = document["spans"] = Json::array();
    const auto spans = history::spans_within(timeline, from, to);
    for (std::size_t i = spans.size() - std::min(spans.size(), kMostSpans); i < spans.size(); ++i) {
        list.push_back({{"from", to_rfc3339(spans[i].from)}, {"to", to_rfc3339(spans[i].to)}, {"state", name_of(spans[i].state)}});
    }
}

struct Asked {
    HistoryWindow window;
    history::Accounting accounting;
    bool spans = false;
    TimePoint until;
};

Asked read_asked(const Backend& backend, const Call& call) {
    Query query(call.request);
    const auto now = wall_now();
    Asked asked{read_window(query, now, kLast), read_accounting(query, backend.accounting), query.boolean("spans").value_or(false), {}};
    query.finish();
    asked.until = asked.window.until(now);
    return asked;
}

Json begin_answer(const Asked& asked) {
    return {{"from", to_rfc3339(asked.window.from)}, {"to", to_rfc3339(asked.until)}, {"accounting", history::write(asked.accounting)}};
}

http::Response of_monitor(Backend& backend, const Call& call) {
    const auto id = path_id<MonitorId>(call, "monitor_id");
    const auto asked = read_asked(backend, call);
    const auto timeline = call.transact(backend, [&](db::Tx& tx) {
        const auto monitor = history_store::find_monitor(tx, id);
        if (!monitor) not_found("there is no such monitor");
        return history_store::timelines(tx, {*monitor}, asked.window.from, asked.until).front();
    });
    auto document = begin_answer(asked);
    document["monitor_id"] = id.text();
    put_uptime(document, timeline, asked.window.from, asked.until, asked.accounting);
    if (asked.spans) put_spans(document, timeline, asked.window.from, asked.until);
    return http::Response::json(document);
}

http::Response of_site(Backend& backend, const Call& call) {
    const auto id = path_id<SiteId>(call, "site_id");
    const auto asked = read_asked(backend, call);
    std::vector<history_store::Member> members;
    const auto timelines = call.transact(backend, [&](db::Tx& tx) {
        if (!history_store::find_site(tx, id)) not_found("there is no such site");
        members = history_store::members_of(tx, id, asked.window.from, asked.until);
        return history_store::timelines(tx, members, asked.window.from, asked.until);
    });
    auto document = begin_answer(asked);
    document["site_id"] = id.text();
    const auto worst = history::worst_of(timelines);
    put_uptime(document, worst, asked.window.from, asked.until, asked.accounting);
    if (asked.spans) put_spans(document, worst, asked.window.from, asked.until);
    auto& list = document["monitors"] = Json::array();
    for (std::size_t i = 0; i < members.size(); ++i) {
        Json item{{"monitor_id", members[i].id.text()}, {"name", members[i].name}, {"deleted", members[i].deleted_at.has_value()}};
        put_uptime(item, timelines[i], asked.window.from, asked.until, asked.accounting);
        list.push_back(std::move(item));
    }
    return http::Response::json(document);
}

}  // namespace

Endpoints endpoints() {
    return {
        {http::Method::get, "/v1/monitors/{monitor_id}/uptime", Permission::monitors_read, of_monitor},
        {http::Method::get, "/v1/sites/{site_id}/uptime", Permission::sites_read, of_site},
    };
}

}  // namespace sonde::controlplane::uptime_api
