// Status pages for whoever visits them: `/status/{slug}/…` at every host, and the same without that beginning at a page's own host, where nothing else is.
#pragma once

#include <memory>
#include <string>

#include "controlplane/api/endpoint/rate_limit.h"
#include "controlplane/login/hasher.h"
#include "controlplane/status_page/pages.h"
#include "controlplane/status_page/picture/font.h"
#include "controlplane/status_page/serve/answers.h"
#include "controlplane/status_page/serve/audience.h"
#include "controlplane/status_page/serve/gate.h"
#include "controlplane/status_page/serve/options.h"
#include "controlplane/status_page/subscribe/desk.h"
#include "lib/http/router.h"

namespace sonde::status_page::serve {

// No visit waits for a database, and none but a password that is looked at holds one of the server's workers: the event thread answers what is kept, and what is not is made on a thread
// of its own. Metrics: those of answers.h and audience.h, and sonde_api_limited_total{cost=view|guess}.
class Visits {
public:
    // All that it is given must outlive it. A font that cannot be read is logged, and costs the pictures alone.
    Visits(Pages& pages, crypto::SecretBox secrets, controlplane::RateLimiter& limits, ServeOptions options, metrics::Registry& metrics);

    // Visitors can subscribe, too. To be called once, before `add_routes`; `desk` must outlive all servers.
    void open_desk(subscribe::Desk& desk);
    // To be called before the router's server starts, which it must outlive.
    void add_routes(http::Router& router);
    // For who may see the page otherwise, whatever opens it to readers: a stream as theirs, which counts among the page's. Throws http::ProblemError, 503, if there are as many as may be, or
    // the page is not known here yet.
    http::Response listen_to(const http::Request& request, const std::string& slug, std::shared_ptr<void> place);

private:
    // Where a visitor is: at a page, by its slug or by its host.
    struct Site;

    [[nodiscard]] std::optional<Site> site_of(const http::Request& request, bool by_host) const;
    void visit(const http::Request& request, bool by_host, const http::Reply& reply);
    void answer(const http::Request& request, const Site& site, const std::string& client, const http::Reply& reply);
    http::Response listen(const http::Request& request, const Site& site, const std::string& client);
    http::Response let_in(const http::Request& request, bool by_host);
    http::Response robots(const http::Request& request) const;
    http::Response redirect(const http::Request& request) const;
    template <class Act>
    http::Response at_desk(const http::Request& request, bool by_host, bool for_all, Act act);
    void add_desk(http::Router& router, const std::string& base, bool by_host);
    void add_place(http::Router& router, const std::string& base, std::string_view place, bool by_host);

    Pages& pages_;
    controlplane::RateLimiter& limits_;
    const ServeOptions options_;
    const Gate gate_;
    login::Hasher hasher_;
    Audience audience_;
    const std::optional<picture::Font> font_;  // the making thread's
    Answers answers_;
    subscribe::Desk* desk_ = nullptr;
    http::Router own_hosts_;  // for hosts that are a page's
};

}  // namespace sonde::status_page::serve
