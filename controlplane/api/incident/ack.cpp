#include "controlplane/api/incident/ack.h"

#include <optional>
#include <string>

#include "controlplane/api/endpoint/command_desk.h"
#include "controlplane/api/incident/ack_page.h"
#include "controlplane/api/incident/incident_store.h"
#include "controlplane/api/notify/channel_store.h"
#include "controlplane/login/attempts.h"
#include "lib/channel/ack_link.h"
#include "lib/net/client_key.h"

namespace sonde::controlplane::ack_api {
namespace {

using channel::AckLink;

constexpr db::Statement kIsUsed{"ack_link_is_used", "select 1 from acknowledge_link_used where delivery_id = $1"};
constexpr db::Statement kUse{"ack_link_use", R"(
    insert into acknowledge_link_used (delivery_id, expires_at) values ($1, $2) on conflict (delivery_id) do nothing)"};

// What a link leads to.
struct Found {
    AckLink link;
    std::string channel;
    std::string title;
    std::string state;
    bool used = false;
};

struct Looked {
    std::optional<milliseconds> wait;
    std::optional<Found> found;
};

struct UsedBefore {};

std::optional<Found> find(db::Tx& tx, const AckLink& link) {
    const auto incident = incident_store::find(tx, link.incident);
    const auto channel = channel_store::find(tx, link.channel);
    if (!incident || !channel) return std::nullopt;
    return Found{link, channel->draft.name, incident->title, incident->state, !tx.run(kIsUsed, {link.delivery}).empty()};
}

// Whoever guesses is slowed down as who guesses passwords is.
Looked look(Backend& backend, const Call& call) {
    const auto link = AckLink::open(backend.secrets, call.request.parameters.at("token"), wall_now());
    const login::Attempt attempt("ack:" + net::client_key(call.address), call.address);
    return call.transact(backend, [&](db::Tx& tx) {
        Looked looked;
        looked.wait = login::attempts::begin(tx, attempt);
        if (looked.wait || !link) return looked;
        looked.found = find(tx, *link);
        if (looked.found) login::attempts::succeeded(tx, attempt);
        return looked;
    });
}

http::Response limited(milliseconds wait) { return ack_page(AckView::limited).with("Retry-After", std::to_string((wait.count() + 999) / 1000)); }

AckView view_of(const Found& found) {
    if (found.used) return AckView::used;
    if (found.state == "resolved") return AckView::resolved;
    return found.state == "open" ? AckView::ask : AckView::acknowledged;
}

AckView view_of(const Answer& answer) {
    switch (answer.outcome) {
        case Outcome::done: return AckView::done;
        case Outcome::unchanged: return AckView::acknowledged;
        case Outcome::conflict: return AckView::resolved;
        case Outcome::unanswered:
        case Outcome::busy: return AckView::under_way;
        case Outcome::not_found:
        case Outcome::stale:
        case Outcome::forbidden: break;
    }
    return AckView::no_link;
}

std::string_view state_after(AckView view, std::string_view before) {
    if (view == AckView::done || view == AckView::acknowledged) return "acknowledged";
    return view == AckView::resolved ? "resolved" : before;
}

// As `POST /v1/incidents/{incident_id}/acknowledge`, by whoever reads the channel.
http::Response acknowledge_by(Backend& backend, const Call& call, const Found& found) {
    const Actor reader{"link:" + found.channel, {}, "channel:" + std::to_string(found.link.channel.value()), {}};
    const Call as_reader{call.endpoint, call.request, reader, nullptr, nullptr, call.address};
    const decision::Command command{decision::Action::acknowledge, reader.name, {}, {}};
    try {
        const auto answer = backend.commands.ask(as_reader, found.link.incident, command, [&found](db::Tx& tx) {
            if (tx.run(kUse, {found.link.delivery, found.link.expires_at}).affected() == 0) throw UsedBefore{};
        });
        const auto view = view_of(answer);
        return ack_page(view, found.title, state_after(view, found.state));
    } catch (const UsedBefore&) {
        return ack_page(AckView::used, found.title, found.state);
    }
}

http::Response answer(Backend& backend, const Call& call) {
    const auto looked = look(backend, call);
    if (looked.wait) return limited(*looked.wait);
    if (!looked.found) return ack_page(AckView::no_link);
    const auto view = view_of(*looked.found);
    if (call.request.method == http::Method::post && view == AckView::ask) return acknowledge_by(backend, call, *looked.found);
    return ack_page(view, looked.found->title, looked.found->state);
}

http::Response serve_page(Backend& backend, const Call& call) {
    try {
        return answer(backend, call);
    } catch (const db::DbError& error) {
        if (error.failure() == db::Failure::broken) throw;
        return ack_page(AckView::not_now).with("Retry-After", "2");
    }
}

}  // namespace

Endpoints open_endpoints() {
    using http::Method;
    return {
        {Method::get, "/ack/{token}", Permission::account_own, serve_page},
        {Method::post, "/ack/{token}", Permission::account_own, serve_page},
    };
}

}  // namespace sonde::controlplane::ack_api
