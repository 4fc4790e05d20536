#include "controlplane/api/monitor/relation.h"

namespace sonde::controlplane::relation {
namespace {

constexpr db::Statement kMonitors{"relation_monitors", "select id from monitor where id = any($1::bigint[]) and deleted_at is null for share"};
constexpr db::Statement kSites{"relation_sites", "select id from site where id = any($1::bigint[]) and deleted_at is null for share"};
constexpr db::Statement kGroups{"relation_groups", "select id from monitor_group where id = any($1::bigint[]) and deleted_at is null for share"};
constexpr db::Statement kChannels{"relation_channels", "select id from channel where id = any($1::bigint[]) and deleted_at is null for share"};
constexpr db::Statement kEscalation{"relation_escalation", "select id from escalation where id = $1 for key share"};
constexpr db::Statement kLock{"relation_lock", "select pg_advisory_xact_lock(hashtextextended('sonde relations', 0))"};

std::set<std::int64_t> there(db::Tx& tx, const db::Statement& statement, const std::vector<std::int64_t>& ids) {
    std::set<std::int64_t> found;
    if (ids.empty()) return found;
    for (const auto row : tx.run(statement, {ids})) found.insert(row.whole(0));
    return found;
}

}  // namespace

std::set<std::int64_t> monitors(db::Tx& tx, const std::vector<std::int64_t>& ids) { return there(tx, kMonitors, ids); }
std::set<std::int64_t> channels(db::Tx& tx, const std::vector<std::int64_t>& ids) { return there(tx, kChannels, ids); }
std::set<std::int64_t> sites(db::Tx& tx, const std::vector<std::int64_t>& ids) { return there(tx, kSites, ids); }
std::set<std::int64_t> groups(db::Tx& tx, const std::vector<std::int64_t>& ids) { return there(tx, kGroups, ids); }

void refuse_missing_escalation(db::Tx& tx, const std::optional<EscalationId>& escalation, json::Problems& problems) {
    if (escalation && tx.run(kEscalation, {*escalation}).empty()) problems.push_back({"/escalation_id", "there is no such escalation"});
}

void lock(db::Tx& tx) { tx.run(kLock); }

}  // namespace sonde::controlplane::relation
