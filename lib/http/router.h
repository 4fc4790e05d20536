// Which handler answers which method and path. Pure; once all routes are added, safe to use from any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/message.h"

namespace sonde::http {

using Handler = std::function<Response(const Request&)>;

struct Route {
    Method method;
    std::string pattern;  // segments, `{name}` matches one non-empty segment; no regular expressions
    Handler handler;
};

class Router {
public:
    // Throws std::logic_error if the same method and shape of pattern is there already, or the pattern is none. Of several
    // patterns that match a path, the one with the earlier literal segment wins, whatever their methods: `/v1/sites/bulk` before
    // `/v1/sites/{site_id}`.
    void add(Method method, std::string pattern, Handler handler);

    // Fills in `request.route` and `request.parameters` and calls the handler. An unknown path is 404, a known one with another
    // method 405 with `Allow`; HEAD falls back to GET, OPTIONS is answered with `Allow`. Both errors as problem documents.
    Response dispatch(Request& request) const;

    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

private:
    std::vector<Route> routes_;
    std::vector<std::vector<std::string>> segments_;  // of each route's pattern; `{` stands for a parameter
};

}  // namespace sonde::http
