#include "incident-engine/commands.h"

#include "incident-engine/catalog.h"
#include "lib/log/log.h"

namespace sonde::engine::commands {
namespace {

constexpr int kAtOnce = 200;

constexpr db::Statement kOpen{"incident_command_open", R"sql(
select id, incident_id, action, actor, body::text, if_version
from incident_command where shard = any($1::smallint[]) and done_at is null order by id limit $2)sql"};
constexpr db::Statement kSite{"incident_command_site", "select name, deleted_at is null, tags from site where id = $1"};
constexpr db::Statement kNamed{"incident_command_monitors", R"sql(
select id, name, severity from monitor where id = any($1::bigint[]) and site_id = $2 and deleted_at is null order by id)sql"};

// Nothing if this engine does not know what is asked, as when a newer control plane wrote it down.
std::optional<decision::Command> command_of(const db::Row& row) {
    const auto action = from_name<decision::Action>(row.text(2));
    const auto body = json::parse(row.text(4), {.bytes = 4 << 20, .depth = 16});
    if (!action || !body) return std::nullopt;
    decision::Command command{*action, std::string(row.text(3)), {}, row.maybe(5, &db::Row::small)};
    if (!decision::read_body(*body, command)) return std::nullopt;
    return command;
}

decision::Around look_around(db::Tx& tx, SiteId site, const std::vector<MonitorId>& monitors, Deliberation& deliberation) {
    decision::Around around;
    const auto rows = tx.run(kSite, {site});
    around.site_there = !rows.empty() && rows[0].boolean(1);
    if (!rows.empty()) {
        around.site_name = rows[0].text(0);
        deliberation.site_has(site, rows[0].texts(2));
    }
    if (monitors.empty()) return around;
    std::vector<std::int64_t> ids;
    for (const auto monitor : monitors) ids.push_back(monitor.value());
    for (const auto row : tx.run(kNamed, {ids, site})) {
        around.named.push_back({row.id<MonitorId>(0), std::string(row.text(1)),
                                from_name<decision::Severity>(row.text(2)).value_or(decision::Severity::critical)});
    }
    return around;
}

}  // namespace

void answer(db::Tx& tx, const std::vector<int>& shards, milliseconds reopen_within, Deliberation& deliberation) {
    for (const auto row : tx.run(kOpen, {shards, kAtOnce})) {
        const auto id = row.id<IncidentId>(1);
        const auto command = command_of(row);
        if (!command) {
            deliberation.refuse(row.whole(0), decision::CommandOutcome::conflict, decision::Refusal::unreadable);
            log::warning("command_unreadable", "command", row.whole(0), "action", row.text(2), "actor", row.text(3));
            continue;
        }
        auto named = catalog::load_incident(tx, id);
        const auto* opening = std::get_if<decision::Opening>(&command->terms);
        decision::Around around;
        if (opening != nullptr) around = look_around(tx, opening->site, opening->monitors, deliberation);
        else if (named) around = look_around(tx, named->site, {}, deliberation);
        around.reopen_within = reopen_within;
        const auto outcome = deliberation.command(row.whole(0), id, std::move(named), *command, std::move(around));
        log::info("command_answered", "command", row.whole(0), "action", row.text(2), "actor", row.text(3), "outcome", name_of(outcome));
    }
}

}  // namespace sonde::engine::commands
