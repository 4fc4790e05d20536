// Which handler answers which method and path. Pure; once all routes are added, safe to use from any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/message.h"

namespace sonde::http {

using Handler = std::function<Response(const Request&)>;

// To be called once, from any thread; the request may be gone afterwards. One that is dropped uncalled answers 500.
using Reply = std::function<void(Response)>;
// Runs on the server's event thread: must not block or throw, and must have `reply` called within a few seconds, for a stopping server
// waits for that. The request lives until then.
using DeferredHandler = std::function<void(const Request&, Reply reply)>;

struct Route {
    Method method;
    std::string pattern;  // segments, `{name}` matches one non-empty segment; no regular expressions
    Handler handler;
    DeferredHandler deferred;  // instead of the handler
};

class Router {
public:
    // Throws std::logic_error if the same method and shape of pattern is there already, or the pattern is none. Of several
    // patterns that match a path, the one with the earlier literal segment wins, whatever their methods: `/v1/sites/bulk` before
    // `/v1/sites/{site_id}`.
    void add(Method method, std::string pattern, Handler handler);

    // As `add`, for what is answered later and is to hold no worker meanwhile.
    void add_deferred(Method method, std::string pattern, DeferredHandler handler);

    // The deferred route of exactly this method and path, with the request filled in; null if there is none.
    const Route* find_deferred(Request& request) const;

    // Requests for some hosts are another router's business, whole: it has all that is to be found there. `choose` is asked on any thread for each request, with the
    // host (`host_of`); null: this one's. What it answers must outlive the server. Once, before requests come.
    void choose_by_host(std::function<const Router*(std::string_view host)> choose) { choose_ = std::move(choose); }

    // Fills in `request.route` and `request.parameters` and calls the handler. An unknown path is 404, a known one with another
    // method 405 with `Allow`; HEAD falls back to GET, OPTIONS is answered with `Allow`. Both errors as problem documents. A
    // deferred handler is waited for.
    Response dispatch(Request& request) const;

    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

private:
    void add(Route route);
    [[nodiscard]] const Router* other_for(const Request& request) const;

    std::function<const Router*(std::string_view host)> choose_;
    std::vector<Route> routes_;
    std::vector<std::vector<std::string>> segments_;  // of each route's pattern; `{` stands for a parameter
};

}  // namespace sonde::http
