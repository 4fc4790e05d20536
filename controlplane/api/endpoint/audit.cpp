#include "controlplane/api/endpoint/audit.h"

namespace sonde::controlplane::audit {
namespace {

constexpr db::Statement kRecord{"audit_record", R"(
    insert into audit (actor, actor_id, action, object, address, before, after)
    values ($1, nullif($2, ''), $3, nullif($4, ''), nullif($5, ''), $6::jsonb, $7::jsonb))"};

std::optional<std::string> text_of(const Json& document) {
    if (document.is_null()) return std::nullopt;
    return document.dump();
}

}  // namespace

void record(db::Tx& tx, const Actor& actor, const Entry& entry) {
    tx.run(kRecord, {actor.name, actor.id, entry.action, entry.object, entry.address, text_of(entry.before), text_of(entry.after)});
}

}  // namespace sonde::controlplane::audit
