#include "controlplane/api/notify/on_call.h"

#include <fmt/format.h>

#include <map>

#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/notify/schedule_store.h"

namespace sonde::controlplane::on_call_api {
namespace {

namespace store = schedule_store;
using std::chrono::days;

constexpr days kLongest{92};
constexpr days kUsual{14};

constexpr db::Statement kNames{"on_call_names", "select id, name from person where id = any($1::bigint[])"};
constexpr db::Statement kNow{"on_call_now", "select now()"};

using Names = std::map<std::int64_t, std::string>;

Names names_of(db::Tx& tx, const std::vector<std::int64_t>& users) {
    Names names;
    for (const auto row : tx.run(kNames, {users})) names.emplace(row.whole(0), row.text(1));
    return names;
}

Json present(const oncall::Duty& duty, const ScheduleDraft& schedule, const Names& names) {
    Json document;
    const auto name = names.find(duty.user.value());
    document["user"] = name == names.end() ? Json(nullptr) : Json{{"id", duty.user.text()}, {"name", name->second}};
    document["layer"] = duty.layer ? Json(schedule.layers.at(*duty.layer).name) : Json(nullptr);
    document["override_id"] = duty.substitute ? Json(duty.substitute.text()) : Json(nullptr);
    return document;
}

http::Response spans(Backend& backend, const Call& call) {
    const auto id = path_id<ScheduleId>(call, "schedule_id");
    Query query(call.request);
    const auto from = query.instant("from");
    const auto to = query.instant("to");
    if (from && to && (*to <= *from || *to - *from > kLongest)) query.refuse("to", fmt::format("must be after from, by {} days at most", kLongest.count()));
    query.finish();
    return call.transact(backend, [&](db::Tx& tx) {
        const auto schedule = store::require(tx, id);
        const auto begin = from ? *from : to ? *to - kUsual : tx.run(kNow)[0].time(0);
        const auto end = to ? *to : begin + kUsual;
        const auto found = oncall::on_call(store::plan_of(schedule.draft), store::substitutes(tx, id, begin, end), begin, end);
        std::vector<std::int64_t> users;
        for (const auto& span : found) users.push_back(span.duty.user.value());
        const auto names = names_of(tx, users);
        Json items = Json::array();
        for (const auto& span : found) {
            Json item{{"from", to_rfc3339(span.from)}, {"to", to_rfc3339(span.to)}};
            item.update(present(span.duty, schedule.draft, names));
            items.push_back(std::move(item));
        }
        return http::Response::json({{"schedule_id", id.text()}, {"from", to_rfc3339(begin)}, {"to", to_rfc3339(end)}, {"items", std::move(items)}});
    });
}

http::Response now(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("on_call", 1);
    query.finish();
    Conditions conditions;
    if (page.after) conditions.add("s.id > ?", {page.after->whole(0)});
    const auto limit = conditions.bind(page.fetch());
    return call.transact(backend, [&](db::Tx& tx) {
        const auto at = tx.run(kNow)[0].time(0);
        std::vector<std::pair<Schedule, oncall::Duty>> found;
        std::vector<std::int64_t> users;
        for (const auto row : tx.run_text(fmt::format("select {} {} {} order by s.id limit {}", store::kColumns, store::kFrom, conditions.where(), limit), conditions.params())) {
            auto schedule = store::read(row);
            const auto duty = oncall::on_call(store::plan_of(schedule.draft), store::substitutes(tx, schedule.id, at, at + milliseconds{1}), at);
            users.push_back(duty.user.value());
            found.emplace_back(std::move(schedule), duty);
        }
        const auto names = names_of(tx, users);
        std::vector<Json> items;
        for (const auto& [schedule, duty] : found) {
            Json item{{"schedule", {{"id", schedule.id.text()}, {"name", schedule.draft.name}}}};
            item.update(present(duty, schedule.draft, names));
            items.push_back(std::move(item));
        }
        return page_response(call.request, page, std::move(items), [&found](std::size_t i) { return std::vector<Cursor::Value>{found[i].first.id.value()}; });
    });
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/schedules/{schedule_id}/on-call", Permission::channels_read, spans},
        {Method::get, "/v1/on-call", Permission::channels_read, now},
    };
}

}  // namespace sonde::controlplane::on_call_api
