#include "controlplane/status_page/subscribe/desk.h"

#include <memory>
#include <utility>

#include "controlplane/status_page/subscribe/form.h"
#include "controlplane/status_page/subscribe/store.h"
#include "lib/log/log.h"

namespace sonde::status_page::subscribe {
namespace {

using channel::SubscriberPurpose;
using controlplane::Cost;
using html::SubscribePage;
using html::SubscribeView;

int status_of(SubscribeView view) {
    switch (view) {
        case SubscribeView::bad_address: return 422;
        case SubscribeView::no_link:
        case SubscribeView::not_offered: return 404;
        case SubscribeView::limited: return 429;
        case SubscribeView::not_now: return 503;
        case SubscribeView::form:
        case SubscribeView::asked:
        case SubscribeView::confirm:
        case SubscribeView::confirmed:
        case SubscribeView::unsubscribe:
        case SubscribeView::unsubscribed:
        case SubscribeView::manage:
        case SubscribeView::saved: break;
    }
    return 200;
}

http::Response response_of(const Visitor& visitor, const SubscribePage& shown) {
    auto response = http::Response::text(html::subscribe(visitor.page->snapshot, shown), "text/html; charset=utf-8", status_of(shown.view))
                        .with("Cache-Control", "no-store")
                        .with("Content-Security-Policy", html::subscribe_policy())
                        .with("Referrer-Policy", "no-referrer")
                        .with("X-Robots-Tag", "noindex");
    return shown.view == SubscribeView::not_now ? std::move(response).with("Retry-After", "5") : response;
}

// Without the database nothing of this works, and the page does. Defects of ours are told as such.
template <class Act>
http::Response answer(std::counting_semaphore<>& seats, const Visitor& visitor, Act act) {
    if (!seats.try_acquire()) return response_of(visitor, {.view = SubscribeView::not_now, .base = visitor.base});
    const std::shared_ptr<void> seat(nullptr, [&seats](void*) { seats.release(); });
    try {
        return response_of(visitor, act());
    } catch (const db::DbError& error) {
        if (error.failure() == db::Failure::broken) throw;
        log::warning("subscription_not_kept", "page", visitor.page->slug, "error", error.what());
        return response_of(visitor, {.view = SubscribeView::not_now, .base = visitor.base});
    }
}

bool writes(const http::Request& request) { return request.method == http::Method::post; }

}  // namespace

std::string Desk::link(const Visitor& visitor, SubscriberId subscriber, SubscriberPurpose purpose) const {
    return visitor.base + std::string(name_of(purpose)) + "/" + channel::SubscriberLink{subscriber, purpose, {}}.token(secrets_);
}

SubscribePage Desk::ask(const http::Request& request, const Visitor& visitor) {
    SubscribePage shown{.view = SubscribeView::not_offered, .base = visitor.base};
    const auto offer = pool_.transact([&](db::Tx& tx) { return store::offer(tx, visitor.page->slug); });
    if (!offer || (!has_address_ && visitor.page->host.empty()) || (!offer->email && !offer->webhook)) return shown;
    shown.email = offer->email;
    shown.webhook = offer->webhook;
    shown.view = SubscribeView::form;
    if (!writes(request)) return shown;

    const auto form = read_form(request, visitor.page->snapshot);
    shown.view = SubscribeView::bad_address;
    if (!form) return shown;
    shown.address = form->address;
    shown.is_webhook = form->kind == Kind::webhook;
    shown.chosen = form->components;
    const auto address = read_address(form->kind, form->address);
    if (!address || !(form->kind == Kind::email ? offer->email : offer->webhook)) return shown;
    const Wish wish{form->kind, *address, form->components, visitor.page->snapshot.look.language};
    pool_.transact([&](db::Tx& tx) { store::ask(tx, secrets_, offer->page, wish); });
    return {.view = SubscribeView::asked, .base = visitor.base};
}

http::Response Desk::subscribe(const http::Request& request, const Visitor& visitor) {
    if (writes(request)) {
        const auto taken = limits_.take(Cost::subscribe, visitor.client, std::chrono::steady_clock::now());
        if (!taken.allowed) return response_of(visitor, {.view = SubscribeView::limited, .base = visitor.base}).with("Retry-After", std::to_string(taken.again.count()));
    }
    return answer(seats_, visitor, [&] { return ask(request, visitor); });
}

SubscribePage Desk::act(const http::Request& request, const Visitor& visitor, SubscriberPurpose purpose, std::string_view token) {
    SubscribePage shown{.view = SubscribeView::no_link, .base = visitor.base};
    const auto link = channel::SubscriberLink::open(secrets_, purpose, token, wall_now());
    if (!link) return shown;
    return pool_.transact([&](db::Tx& tx) {
        auto page = shown;
        const auto offer = store::offer(tx, visitor.page->slug);
        const auto subscriber = offer ? store::find(tx, secrets_, offer->page, link->subscriber) : std::nullopt;
        if (!subscriber) {
            // Who asks again was answered before, and may not have heard it.
            if (offer && purpose == SubscriberPurpose::unsubscribe) page.view = SubscribeView::unsubscribed;
            return page;
        }
        switch (purpose) {
            case SubscriberPurpose::unsubscribe:
                page.view = writes(request) ? SubscribeView::unsubscribed : SubscribeView::unsubscribe;
                if (writes(request)) store::erase(tx, subscriber->id);
                return page;
            case SubscriberPurpose::confirm:
                page.view = writes(request) || subscriber->confirmed ? SubscribeView::confirmed : SubscribeView::confirm;
                if (page.view == SubscribeView::confirm) return page;
                if (writes(request)) store::confirm(tx, subscriber->id);
                page.manage = this->link(visitor, subscriber->id, SubscriberPurpose::manage);
                break;
            case SubscriberPurpose::manage:
                if (!subscriber->confirmed) return page;
                page.view = SubscribeView::manage;
                page.chosen = subscriber->components;
                if (!writes(request)) break;
                if (const auto form = read_form(request, visitor.page->snapshot)) {
                    store::choose(tx, subscriber->id, form->components);
                    page.view = SubscribeView::saved;
                    page.chosen = form->components;
                }
                break;
        }
        page.unsubscribe = this->link(visitor, subscriber->id, SubscriberPurpose::unsubscribe);
        return page;
    });
}

http::Response Desk::follow(const http::Request& request, const Visitor& visitor, SubscriberPurpose purpose, std::string_view token) {
    return answer(seats_, visitor, [&] { return act(request, visitor, purpose, token); });
}

}  // namespace sonde::status_page::subscribe
