#include "controlplane/api/incident/event.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/identity.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/incident/event_page.h"
#include "controlplane/api/notify/channel_draft.h"
#include "controlplane/events/feed.h"
#include "lib/http/stream.h"

namespace sonde::controlplane::event_api {
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

events::Filter read_filter(Query& query) {
    events::Filter filter;
    filter.kinds = read_kinds(query);
    filter.site = query.id<SiteId>("site_id");
    filter.monitor = query.id<MonitorId>("monitor_id");
    filter.incident = query.id<IncidentId>("incident_id");
    filter.tag = query.text("tag");
    filter.region = query.text("region");
    return filter;
}

// Who names JSON and not events asks for a page.
bool asks_for_page(const http::Request& request) {
    const auto* accept = request.header("accept");
    return accept != nullptr && !http::accepts_events(request) && accept->find("application/json") != std::string::npos;
}

http::Response read_page(Backend& backend, const Call& call) {
    Query query(call.request);
    EventPage page;
    page.filter = read_filter(query);
    page.filter.restriction = call.actor.restriction;
    page.after = query.id<EventId>("after");
    page.limit = query.whole("limit", 1, EventPage::kMost).value_or(page.limit);
    page.wait = std::chrono::seconds{query.whole("wait", 0, static_cast<int>(std::chrono::floor<std::chrono::seconds>(EventPage::kLongestWait).count())).value_or(0)};
    query.finish();
    return answer_event_page(backend, call, page);
}

http::Response listen(Backend& backend, const Call& call) {
    Query query(call.request);
    events::Request asked;
    asked.filter = read_filter(query);
    query.finish();
    asked.after = read_after(call.request);
    // For as long as the token or the session is good for it.
    asked.filter.restriction = call.actor.restriction;
    asked.permitted = may_still(backend, call);
    const auto place = backend.limits == nullptr ? nullptr : backend.limits->open_stream(call.actor.id);
    const auto stream = http::open_stream(call.request, {.max_queued_bytes = kMaxQueuedBytes});
    stream->on_closed([place] {});  // which is kept as long as the stream, whatever becomes of it
    backend.events.listen(stream, std::move(asked));
    return http::Response::events(stream);
}

http::Response read_or_listen(Backend& backend, const Call& call) { return asks_for_page(call.request) ? read_page(backend, call) : listen(backend, call); }

}  // namespace

Endpoints endpoints() { return {{http::Method::get, "/v1/events", Permission::events_read, read_or_listen}}; }

}  // namespace sonde::controlplane::event_api
