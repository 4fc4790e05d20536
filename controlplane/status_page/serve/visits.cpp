#include "controlplane/status_page/serve/visits.h"

#include <fmt/format.h>

#include <array>

#include "controlplane/login/cookie.h"
#include "controlplane/status_page/picture/card.h"
#include "controlplane/status_page/serve/response.h"
#include "lib/base/percent.h"
#include "lib/log/log.h"
#include "lib/net/client_key.h"
#include "lib/net/url.h"

namespace sonde::status_page::serve {
namespace {

using controlplane::Cost;

constexpr int kHashesAtOnce = 1;  // the public's passwords must not keep people from logging in
constexpr std::string_view kAll = "/status/{slug}";

// What may be asked for below a page's address; document.h knows what there is. Names of routes, by which requests are counted.
constexpr std::array<std::string_view, 18> kPlaces{
    "", "feeds", "history/{month}", "incidents/{incident_id}", "maintenance/{occurrence}", "index.json", "feed.rss", "feed.atom", "feed.json", "components/{component}/{file}",
    "api/v2/{document}", "api/v2/{list}/{document}", "badge/{file}", "badge/{component}/{file}", "widget.html", "widget.js", kPicture, "events",
};

// Where the request was sent to, if what it says of that is a host and nothing else: it goes into addresses.
std::string origin_of(const http::Request& request) {
    const auto* host = request.header("host");
    if (host == nullptr) return {};
    const auto url = net::parse_url(fmt::format("{}://{}/", login::is_local(request) ? "http" : "https", *host));
    return url && !url->has_userinfo && !url->has_fragment && url->query.empty() && url->path == "/" ? url->origin() : "";
}

std::optional<picture::Font> font_at(const std::string& path) {
    if (path.empty()) return std::nullopt;
    auto font = picture::Font::open(path);
    if (font) return *std::move(font);
    log::warning("status_pages_without_pictures", "error", font.error().message);
    return std::nullopt;
}

// What is not there is told in words then.
bool is_for_people(std::string_view place) { return place.starts_with("incidents/") || place.starts_with("maintenance/") || place.starts_with("history/"); }

std::string without_slash(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
}

}  // namespace

struct Visits::Site {
    std::shared_ptr<const Page> page;
    std::string base;     // `/status/acme/` or `/`
    std::string address;  // absolute; empty where only the request says what it would be
    std::string origin;   // then: what the request says
    std::string place;    // below it
};

Visits::Visits(Pages& pages, crypto::SecretBox secrets, controlplane::RateLimiter& limits, ServeOptions options, metrics::Registry& metrics)
    : pages_(pages),
      limits_(limits),
      options_(std::move(options)),
      gate_(std::move(secrets)),
      hasher_(options_.hashing, kHashesAtOnce),
      audience_(pages, options_.audience, metrics),
      font_(font_at(options_.font)),
      answers_(options_.answer_bytes, metrics) {
    for (const auto place : kPlaces) add_place(own_hosts_, "/", place, true);
    own_hosts_.add(http::Method::post, "/", [this](const http::Request& request) { return let_in(request, true); });
    own_hosts_.add(http::Method::get, "/robots.txt", [this](const http::Request& request) { return robots(request); });
}

void Visits::add_place(http::Router& router, const std::string& base, std::string_view place, bool by_host) {
    // The event thread calls these, and counts requests by their patterns.
    const auto handler = [this, by_host](const http::Request& request, const http::Reply& reply) { visit(request, by_host, reply); };
    for (const auto method : {http::Method::get, http::Method::head}) router.add_deferred(method, base + std::string(place), handler);
}

void Visits::add_routes(http::Router& router) {
    using http::Method;
    for (const auto place : kPlaces) add_place(router, std::string(kAll) + "/", place, false);
    router.add(Method::get, std::string(kAll), [this](const http::Request& request) { return redirect(request); });
    router.add(Method::post, std::string(kAll) + "/", [this](const http::Request& request) { return let_in(request, false); });
    if (desk_ != nullptr) add_desk(router, std::string(kAll) + "/", false);
    // Whoever may make pages must not be able to put one in the place of the API.
    const auto ours = net::parse_url(options_.public_url);
    router.choose_by_host([this, ours = ours ? ours->host : std::string()](std::string_view host) -> const http::Router* {
        return host != ours && pages_.find_host(host) ? &own_hosts_ : nullptr;
    });
}

std::optional<Visits::Site> Visits::site_of(const http::Request& request, bool by_host) const {
    Site site;
    if (by_host) {
        site.page = pages_.find_host(http::host_of(request));
        site.base = "/";
    } else {
        const auto& slug = request.parameters.at("slug");
        site.page = pages_.find(slug);
        site.base = "/status/" + slug + "/";
    }
    if (!site.page) return std::nullopt;
    // What a request says of its host, its port too, makes no other document where it is known what is right.
    if (const auto& own = site.page->host; !own.empty()) {
        site.address = "https://" + own + "/";
    } else if (!options_.public_url.empty()) {
        site.address = without_slash(options_.public_url) + site.base;
    } else {
        site.origin = origin_of(request);
    }
    site.place = request.path.substr(site.base.size());
    return site;
}

// On the event thread: nothing here waits.
void Visits::visit(const http::Request& request, bool by_host, const http::Reply& reply) {
    const auto site = site_of(request, by_host);
    if (!site) return reply(nothing_here());
    const bool listens = site->place == "events";
    const auto use = listens ? std::optional(Use::data) : use_of(site->page->snapshot, site->place);
    const auto client = net::client_key(controlplane::caller_address(request, options_.proxies));
    if (const auto taken = limits_.take(Cost::view, client, std::chrono::steady_clock::now()); !taken.allowed) return reply(controlplane::too_many(Cost::view, taken));
    const auto now = wall_now();
    const auto standing = gate_.standing(request, *site->page, now);
    if (standing == Standing::shut) return reply(refuse(*site->page, use.value_or(Use::data), site->base, Refusal::ask));
    if (!use) return reply(is_for_people(site->place) ? nothing_here(*site->page, site->base) : nothing_here());
    if (standing == Standing::by_query && *use == Use::reading) {
        return reply(lead(percent_encoded(request.path, "/")).with("Set-Cookie", gate_.cookie(request, *site->page, now)));
    }
    if (!listens) return answer(request, *site, client, reply);
    http::Response response;
    try {
        response = listen(request, *site, client);
    } catch (const http::ProblemError& error) {
        response = http::problem_response(error.kind, error.detail).with("Retry-After", "60");
    }
    reply(std::move(response));
}

void Visits::answer(const http::Request& request, const Site& site, const std::string& client, const http::Reply& reply) {
    const auto& snapshot = site.page->snapshot;
    const auto use = *use_of(snapshot, site.place);
    const bool ages = use == Use::reading || use == Use::widget;
    // Feeds and documents cannot do without an address; what people read can.
    const auto host = use == Use::data ? site.origin : std::string();
    Asked asked{site.place, site.base, use == Use::data && site.address.empty() ? host + site.base : site.address, ages ? age_of(snapshot, wall_now()) : 0,
                font_ ? &*font_ : nullptr};
    Answers::Key key{site.page->slug, site.page->version, host, fmt::format("{} {} {}", asked.base, asked.age, asked.place)};
    // A picture stays while what is on it does, and not only until the next snapshot.
    if (site.place == kPicture) key = {fmt::format("{} {}", site.page->slug, kPicture), picture::version_of(picture::card_of(snapshot)), {}, {}};
    answers_.ask(
        key, client, [page = site.page, asked = std::move(asked)] { return make(page->snapshot, asked); },
        // The request lives until it is replied to.
        [&request, page = site.page, base = site.base, use, reply](const AnswerPtr& answer, Made outcome) {
            if (answer) return reply(respond(request, *page, use, *answer));
            if (outcome == Made::none) return reply(use == Use::reading ? nothing_here(*page, base) : nothing_here());
            if (outcome == Made::limited) return reply(http::problem_response(http::problem::too_many_requests, "Too much that was asked for is still to be made.").with("Retry-After", "1"));
            reply(http::problem_response(http::problem::unavailable, "This cannot be made at the moment.").with("Retry-After", "1"));
        });
}

http::Response Visits::listen(const http::Request& request, const Site& site, const std::string& client) {
    auto place = limits_.open_stream(client);
    if (request.method == http::Method::head) return http::Response::text({}, "text/event-stream");
    return audience_.listen(request, *site.page, std::move(place)).with("X-Accel-Buffering", "no");
}

http::Response Visits::listen_to(const http::Request& request, const std::string& slug, std::shared_ptr<void> place) {
    const auto page = pages_.find(slug);
    if (!page) throw http::ProblemError{http::problem::unavailable, "the page is not known here yet", {}};
    return audience_.listen(request, *page, std::move(place));
}

http::Response Visits::let_in(const http::Request& request, bool by_host) {
    const auto site = site_of(request, by_host);
    if (!site) return nothing_here();
    const auto& page = *site->page;
    if (page.guard.access != Access::password) return lead(site->base);
    if (login::is_foreign(request, options_.public_url)) return refuse(page, Use::reading, site->base, Refusal::ask);
    const auto client = net::client_key(controlplane::caller_address(request, options_.proxies));
    if (const auto taken = limits_.take(Cost::guess, client, std::chrono::steady_clock::now()); !taken.allowed) {
        return refuse(page, Use::reading, site->base, Refusal::limited).with("Retry-After", std::to_string(taken.again.count()));
    }
    const auto password = password_in(request);
    if (!password) return refuse(page, Use::reading, site->base, Refusal::wrong_password);
    try {
        if (!hasher_.verify(page.guard.password_hash, *password)) return refuse(page, Use::reading, site->base, Refusal::wrong_password);
    } catch (const login::Hasher::Busy&) {
        return refuse(page, Use::reading, site->base, Refusal::busy).with("Retry-After", "5");
    }
    return lead(site->base).with("Set-Cookie", gate_.cookie(request, page, wall_now()));
}

http::Response Visits::robots(const http::Request& request) const {
    const auto page = pages_.find_host(http::host_of(request));
    if (!page) return nothing_here();
    return http::Response::text(is_hidden(*page) ? "User-agent: *\nDisallow: /\n" : "User-agent: *\nDisallow: /events\n").with("Cache-Control", "public, max-age=300");
}

// With what opens the page, if it came with that.
http::Response Visits::redirect(const http::Request& request) const {
    const auto& slug = request.parameters.at("slug");
    if (!pages_.find(slug)) return nothing_here();
    const auto* token = request.query_value("token");
    return lead("/status/" + slug + "/" + (token == nullptr ? "" : "?token=" + percent_encoded(*token)));
}

// On a worker: this waits for the database. `for_all`: who has a link needs nothing else, for programs of mail do not know the page's password.
template <class Act>
http::Response Visits::at_desk(const http::Request& request, bool by_host, bool for_all, Act act) {
    const auto site = site_of(request, by_host);
    if (!site) return nothing_here();
    const auto client = net::client_key(controlplane::caller_address(request, options_.proxies));
    if (const auto taken = limits_.take(Cost::view, client, std::chrono::steady_clock::now()); !taken.allowed) return controlplane::too_many(Cost::view, taken);
    if (!for_all && gate_.standing(request, *site->page, wall_now()) == Standing::shut) return refuse(*site->page, Use::reading, site->base, Refusal::ask);
    return act(subscribe::Visitor{site->page, site->base, client});
}

void Visits::add_desk(http::Router& router, const std::string& base, bool by_host) {
    for (const auto method : {http::Method::get, http::Method::post}) {
        router.add(method, base + "subscribe", [this, by_host](const http::Request& request) {
            return at_desk(request, by_host, false, [&](const subscribe::Visitor& visitor) { return desk_->subscribe(request, visitor); });
        });
        for (const auto purpose : {channel::SubscriberPurpose::confirm, channel::SubscriberPurpose::unsubscribe, channel::SubscriberPurpose::manage}) {
            router.add(method, fmt::format("{}{}/{{token}}", base, name_of(purpose)), [this, by_host, purpose](const http::Request& request) {
                return at_desk(request, by_host, true, [&](const subscribe::Visitor& visitor) { return desk_->follow(request, visitor, purpose, request.parameters.at("token")); });
            });
        }
    }
}

void Visits::open_desk(subscribe::Desk& desk) {
    desk_ = &desk;
    add_desk(own_hosts_, "/", true);
}

}  // namespace sonde::status_page::serve
