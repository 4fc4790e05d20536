#include "controlplane/api/event.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/channel_draft.h"
#include "controlplane/api/query.h"
#include "controlplane/events/feed.h"
#include "lib/http/stream.h"

namespace sonde::controlplane {
namespace {

constexpr std::size_t kMaxKindBytes = 1000;
constexpr std::size_t kMaxQueuedBytes = 4 << 20;  // more than the feed lets wait and the largest event together

// Kinds and families between commas.
std::vector<std::string> read_kinds(Query& query) {
    std::vector<std::string> kinds;
    const auto text = query.text("kind", kMaxKindBytes);
    if (!text) return kinds;
    for (std::size_t at = 0; at <= text->size();) {
        const auto end = std::min(text->find(',', at), text->size());
        kinds.push_back(text->substr(at, end - at));
        const auto known = std::any_of(kChannelEvents.begin(), kChannelEvents.end(), [&](auto kind) { return events::covers(kinds.back(), kind); });
        if (!known) query.refuse("kind", fmt::format("`{}` is no kind of event and no family like `incident.*`", kinds.back()));
        at = end + 1;
    }
    return kinds;
}

std::optional<EventId> read_after(const http::Request& request) {
    const auto* last = http::last_event_id(request);
    if (last == nullptr || last->empty()) return std::nullopt;
    const auto id = EventId::parse(*last);
    if (!id) throw http::ProblemError{http::problem::malformed, "the header `Last-Event-ID` is not the identifier of an event", {}};
    return id;
}

http::Response listen(Backend& backend, const Call& call) {
    Query query(call.request);
    events::Request asked;
    asked.filter.kinds = read_kinds(query);
    asked.filter.site = query.id<SiteId>("site_id");
    asked.filter.monitor = query.id<MonitorId>("monitor_id");
    asked.filter.incident = query.id<IncidentId>("incident_id");
    asked.filter.tag = query.text("tag");
    asked.filter.region = query.text("region");
    query.finish();
    asked.after = read_after(call.request);
    // For as long as the token is good for it.
    asked.permitted = [&tokens = backend.tokens, role = call.endpoint.role, token = std::string(*bearer_token(*call.request.header("authorization")))] {
        const auto actor = tokens.find(token);
        return actor && actor->role >= role;
    };
    const auto stream = http::open_stream(call.request, {.max_queued_bytes = kMaxQueuedBytes});
    backend.events.listen(stream, std::move(asked));
    return http::Response::events(stream);
}

}  // namespace

Endpoints event_endpoints() { return {{http::Method::get, "/v1/events", Role::viewer, listen}}; }

}  // namespace sonde::controlplane
