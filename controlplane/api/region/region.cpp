#include "controlplane/api/region/region.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/command_desk.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/sorted.h"
#include "controlplane/api/endpoint/stored.h"
#include "lib/message/subject.h"

namespace sonde::controlplane::region_api {
namespace {

struct Region {
    RegionDraft draft;
    int agents_live = 0;
    bool covered = false;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
    std::int64_t id = 0;
    Json health;
};

// In the order of `read_row`. Until the engine has judged the coverage, the agents themselves tell. What engines report at present of a
// region in doubt is some seconds old at most.
constexpr std::string_view kColumns = R"(
    r.name, r.title, r.failure_domain, a.live, coalesce(c.covered, a.live > 0), r.version, r.created_at, r.updated_at, r.id, r.anchors,
           coalesce(h.health, 'voting'), h.ground, h.actor, h.comment, h.since, h.well_since, h.spared_until, h.evidence::text,
           n.alone, n.well, n.ill, n.healthy, n.anchors, n.anchors_failing)";
constexpr int kColumnCount = 24;
constexpr std::string_view kFrom = R"(
    from region r
    cross join lateral (select count(*) as live from agent
                        where agent.region = r.name and last_seen_at > now() - interval '15 seconds') a
    left join region_coverage c on c.region = r.name
    left join region_health h on h.region_id = r.id
    left join lateral (
        select sum(alone[array_upper(alone, 1)]) as alone, sum(well[array_upper(well, 1)]) as well, sum(ill) as ill, sum(healthy) as healthy,
               sum(anchors) as anchors, sum(anchors_failing) as anchors_failing
        from region_report where region_id = r.id and at > now() - interval '10 seconds') n on true )";

const std::string kFindSql = fmt::format("select {} {} where r.name = $1", kColumns, kFrom);
const std::string kLockSql = kFindSql + " for update of r";
const db::Statement kFind{"region_find", kFindSql};
const db::Statement kLock{"region_lock", kLockSql};
constexpr db::Statement kInsert{"region_insert", "insert into region (name, title, failure_domain, anchors) values ($1, $2, $3, $4)"};
constexpr db::Statement kUpdate{"region_update", R"(
    update region set title = $2, failure_domain = $3, anchors = $4, version = version + 1, updated_at = now() where name = $1)"};
constexpr db::Statement kUsed{"region_used", R"(
    select count(*), min(id) from monitor where deleted_at is null
    and ($1 = any(regions) or jsonb_exists(policy -> 'page_on', $1) or jsonb_exists(policy -> 'exclude', $1)))"};
constexpr db::Statement kAnchors{"region_anchors", R"(
    select id from monitor where id = any($1::bigint[]) and deleted_at is null and kind <> 'heartbeat')"};
constexpr db::Statement kRemove{"region_remove", "delete from region where name = $1"};

constexpr std::array<SortKey, 5> kOrder{{
    {"name", "r.name", SortKey::Type::text},
    {"title", "lower(r.title)", SortKey::Type::text},
    {"failure_domain", "r.failure_domain", SortKey::Type::text},
    {"created_at", "r.created_at", SortKey::Type::instant},
    {"updated_at", "r.updated_at", SortKey::Type::instant},
}};
// All that an item of the list may have.
constexpr std::array<std::string_view, 10> kMembers{"name", "title", "failure_domain", "anchors", "agents_live", "covered", "health", "version", "created_at", "updated_at"};

std::vector<std::int64_t> numbers_of(const std::vector<MonitorId>& monitors) {
    std::vector<std::int64_t> numbers;
    for (const auto monitor : monitors) numbers.push_back(monitor.value());
    return numbers;
}

// Whether its votes count, since when and why, by which numbers, and what is seen at present where it is in doubt.
Json read_health(const db::Row& row) {
    Json health;
    const auto ground = row.is_null(11) ? std::string_view("none") : row.text(11);
    health["state"] = row.text(10);
    health["since"] = instant_or_null(row, 14);
    health["reason"] = ground;
    health["actor"] = row.is_null(12) ? Json("engine") : Json(row.text(12));
    health["comment"] = row.is_null(13) ? Json("") : Json(row.text(13));
    health["well_since"] = instant_or_null(row, 15);
    health["spared_until"] = instant_or_null(row, 16);
    health["decided_by"] = row.is_null(17) ? Json::object() : stored_json(row.text(17));
    health["now"] = nullptr;
    if (!row.is_null(18)) {
        health["now"] = {{"sites_alone", row.whole(18)}, {"sites_well", row.whole(19)}, {"ill_since", row.whole(20)}, {"well_since", row.whole(21)},
                         {"anchors", row.whole(22)}, {"anchors_failing", row.whole(23)}};
    }
    return health;
}

Region read_row(const db::Row& row) {
    Region region{{std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)), {}},
                  row.small(3),
                  row.boolean(4),
                  row.small(5),
                  row.time(6),
                  row.time(7),
                  row.whole(8),
                  read_health(row)};
    for (const auto anchor : row.wholes(9)) region.draft.anchors.push_back(MonitorId{anchor});
    return region;
}

// Throws a 422 for anchors that there are not.
void check_anchors(db::Tx& tx, const RegionDraft& draft, json::Problems problems) {
    const auto wanted = numbers_of(draft.anchors);
    std::vector<std::int64_t> there;
    if (!wanted.empty()) {
        for (const auto row : tx.run(kAnchors, {wanted})) there.push_back(row.whole(0));
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (std::find(there.begin(), there.end(), wanted[i]) != there.end()) continue;
        problems.push_back({fmt::format("/anchors/{}", i), "there is no such monitor that regions check"});
    }
    refuse_if_any(problems);
}

Region require(const db::Rows& rows) {
    if (rows.empty()) not_found("there is no such region");
    return read_row(rows[0]);
}

Json present(const Region& region) {
    auto document = write_region(region.draft);
    document["agents_live"] = region.agents_live;
    document["covered"] = region.covered;
    document["health"] = region.health;
    document["version"] = region.version;
    document["created_at"] = to_rfc3339(region.created_at);
    document["updated_at"] = to_rfc3339(region.updated_at);
    return document;
}

std::string path_name(const Call& call) {
    const auto& name = call.request.parameters.at("region");
    if (!message::subject::is_region_name(name)) not_found("there is no such region");
    return name;
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto sorting = query.sorting(kOrder);
    const auto page = query.page("regions", sorting);
    const auto fields = query.fields(kMembers);
    const auto search = query.search();
    query.finish();
    Conditions conditions;
    if (search) search->add_to(conditions, "searchable(r.name || ' ' || r.title || ' ' || r.failure_domain)");
    const auto regions = call.transact(backend, [&](db::Tx& tx) { return read_sorted(tx, {kColumns, kColumnCount, kFrom}, conditions, sorting, page, read_row); });
    std::vector<Json> items;
    for (const auto& region : regions.items) items.push_back(fields.of(present(region)));
    return page_response(call.request, page, std::move(items), [&regions](std::size_t i) { return regions.keys[i]; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_region(read_body(call), "", problems);
    refuse_if_any(problems);
    try {
        const auto region = call.transact(backend, [&](db::Tx& tx) {
            check_anchors(tx, draft, {});
            tx.run(kInsert, {draft.name, draft.title, draft.failure_domain, numbers_of(draft.anchors)});
            return require(tx.run(kFind, {draft.name}));
        });
        return resource_response(call.request, present(region), region.version, 201)
            .with("Location", "/v1/regions/" + draft.name);
    } catch (const db::DbError& error) {
        if (error.failure() != db::Failure::unique) throw;
        throw http::ProblemError{http::problem::conflict, fmt::format("there is a region \"{}\" already", draft.name), {}};
    }
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto name = path_name(call);
    const auto region = require(call.transact(backend, [&](db::Tx& tx) { return tx.run(kFind, {name}); }));
    return resource_response(call.request, present(region), region.version);
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto name = path_name(call);
    const auto body = read_body(call);
    const auto region = call.transact(backend, [&](db::Tx& tx) {
        auto before = require(tx.run(kLock, {name}));
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = read_region(patch ? patched(write_region(before.draft), body) : body, "", problems);
        if (problems.empty() && draft.name != name) problems.push_back({"/name", "the name of a region cannot change"});
        refuse_if_any(problems);
        if (draft == before.draft) return before;
        check_anchors(tx, draft, {});
        tx.run(kUpdate, {name, draft.title, draft.failure_domain, numbers_of(draft.anchors)});
        return require(tx.run(kFind, {name}));
    });
    return resource_response(call.request, present(region), region.version);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto name = path_name(call);
    call.transact(backend, [&](db::Tx& tx) {
        // Monitors hold the rows of their regions while they are written, so none can come to name this one in between.
        check_if_match(call.request, require(tx.run(kLock, {name})).version);
        const auto used = tx.run(kUsed, {name});
        if (const auto count = used[0].whole(0); count > 0) {
            throw http::ProblemError{http::problem::conflict,
                                     fmt::format("{} monitor{} this region, the first of them {}", count,
                                                 count == 1 ? " names" : "s name", used[0].id<MonitorId>(1).text()),
                                     {}};
        }
        tx.run(kRemove, {name});
    });
    return http::Response::empty();
}

// By hand: the engine that arbitrates does it and tells it.
http::Response judge(Backend& backend, const Call& call, std::string_view action) {
    Query(call.request).finish();
    const auto name = path_name(call);
    const auto comment = read_optional_comment(call);
    const auto region = require(call.transact(backend, [&](db::Tx& tx) { return tx.run(kFind, {name}); }));
    switch (backend.commands.ask(call, VotingCommand{"region", region.id, action, call.actor.name, comment}).outcome) {
        case Outcome::done:
        case Outcome::unchanged: return read(backend, call);
        case Outcome::not_found: not_found("there is no such region");
        case Outcome::busy: return unanswered_command("too many requests wait for the incident engine", "region");
        default: return unanswered_command("no incident engine answered in time", "region");
    }
}

http::Response quarantine(Backend& backend, const Call& call) { return judge(backend, call, "quarantine"); }
http::Response release(Backend& backend, const Call& call) { return judge(backend, call, "release"); }

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/regions", Permission::regions_read, list},           {Method::post, "/v1/regions", Permission::regions_write, create},
        {Method::get, "/v1/regions/{region}", Permission::regions_read, read},  {Method::patch, "/v1/regions/{region}", Permission::regions_write, edit},
        {Method::put, "/v1/regions/{region}", Permission::regions_write, edit},   {Method::del, "/v1/regions/{region}", Permission::regions_write, remove},
        {Method::post, "/v1/regions/{region}/quarantine", Permission::regions_vote, quarantine, kMaxBodyBytes, Once::by_command},
        {Method::post, "/v1/regions/{region}/release", Permission::regions_vote, release, kMaxBodyBytes, Once::by_command},
    };
}

}  // namespace sonde::controlplane::region_api

namespace sonde::controlplane {

std::string read_optional_comment(const Call& call) {
    std::string comment;
    json::Problems problems;
    const auto body = read_optional_body(call);
    json::Reader in(body, "", problems);
    in.text("comment", comment, {.min = 1, .max = 4000, .multi_line = true});
    in.finish();
    refuse_if_any(problems);
    return comment;
}

http::Response unanswered_command(std::string_view why, std::string_view what) {
    return http::problem_response(http::problem::unavailable,
                                  fmt::format("{}; the request is kept and will be carried out: look at the {}", why, what))
        .with("Retry-After", "5");
}

RegionDraft read_region(const Json& document, const std::string& pointer, json::Problems& problems) {
    RegionDraft draft;
    json::Reader in(document, pointer, problems);
    in.require({"name"});
    if (in.text("name", draft.name, {.min = 1, .max = 32}) && !message::subject::is_region_name(draft.name)) {
        in.refuse("name", "must be a-z, 0-9 and -, beginning with a letter");
    } else if (draft.name == message::subject::push_region) {
        in.refuse("name", "is reserved: it is where pings come from");
    }
    in.text("title", draft.title);
    draft.failure_domain = draft.name;
    in.text("failure_domain", draft.failure_domain, {.min = 1, .max = 64});
    if (const auto* anchors = in.array("anchors", 20)) {
        for (const auto& item : *anchors) {
            const auto id = item.is_string() ? MonitorId::parse(item.get_ref<const std::string&>()) : std::nullopt;
            if (!id || std::find(draft.anchors.begin(), draft.anchors.end(), *id) != draft.anchors.end()) {
                in.refuse("anchors", "must be identifiers of monitors, each once");
                break;
            }
            draft.anchors.push_back(*id);
        }
    }
    refuse_read_only(in, {"agents_live", "covered", "health", "version", "created_at", "updated_at"});
    in.finish();
    return draft;
}

Json write_region(const RegionDraft& draft) {
    Json document;
    document["name"] = draft.name;
    document["title"] = draft.title;
    document["failure_domain"] = draft.failure_domain;
    document["anchors"] = Json::array();
    for (const auto anchor : draft.anchors) document["anchors"].push_back(anchor.text());
    return document;
}

}  // namespace sonde::controlplane
