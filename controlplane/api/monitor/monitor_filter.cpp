#include "controlplane/api/monitor/monitor_filter.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/narrowing.h"

namespace sonde::controlplane {
namespace {

constexpr std::string_view kPausedOnes = R"(
    select id from monitor where deleted_at is null and (paused or not enabled)
    union all select of_site.id from site quiet join monitor of_site on of_site.site_id = quiet.id
    where quiet.deleted_at is null and not quiet.active and of_site.deleted_at is null)";
// Those that no engine has decided on, and those that it has to decide on anew.
constexpr std::string_view kPendingOnes = R"(
    select monitor_id from monitor_unjudged union all select monitor_id from monitor_state where state in ('pending', 'paused'))";

}  // namespace

std::optional<std::string_view> candidates_for(State state) {
    switch (state) {
        case State::paused: return kPausedOnes;
        case State::pending: return kPendingOnes;
        case State::maintenance: return "select monitor_id from monitor_state where state = 'maintenance'";
        case State::unknown: return "select monitor_id from monitor_state where state = 'unknown'";
        case State::degraded: return "select monitor_id from monitor_state where state = 'degraded'";
        case State::down: return "select monitor_id from monitor_state where state = 'down'";
        case State::up: break;
    }
    return std::nullopt;
}

Conditions MonitorFilter::conditions(db::Tx& tx) const {
    Conditions own;  // on monitors alone
    own.add("m.deleted_at is null");
    if (site_id) own.add("m.site_id = ?", {*site_id});
    if (kind) own.add("m.kind = ?", {name_of(*kind)});
    if (tag) own.add("m.tags @> array[?::text]", {*tag});
    if (name) own.add("lower(m.name) = lower(?) and m.name = ?", {*name, *name});
    if (region) own.add("(m.regions = '{}' or m.regions @> array[?::text])", {*region});
    if (paused) own.add("m.paused = ?", {*paused});
    if (search) search->add_to(own, "m.search");

    auto all = own;
    if (tag || region || search) {
        if (const auto ids = few_matches(tx, "monitor m", "m.id", own)) {
            all = {};
            all.add("m.id = any(?::bigint[])", {*ids});
        }
    }
    if (!state) return all;
    if (const auto candidates = candidates_for(*state)) all.add(fmt::format("m.id in ({})", *candidates));
    if (*state == State::paused) {
        all.add("(m.paused or not m.enabled or not s.active)");
    } else if (*state == State::pending) {
        all.add("not m.paused and m.enabled and s.active and coalesce(ms.state, 'pending') in ('pending', 'paused')");
    } else {
        all.add("not m.paused and m.enabled and s.active and ms.state = ?", {name_of(*state)});
    }
    return all;
}

}  // namespace sonde::controlplane
