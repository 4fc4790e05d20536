// Where visitors of a status page subscribe to it, and change their mind. All of it waits for the database, unlike the page itself: without it, it says so.
#pragma once

#include <memory>
#include <semaphore>
#include <string>
#include <string_view>

#include "controlplane/api/endpoint/rate_limit.h"
#include "controlplane/status_page/html/subscribe.h"
#include "controlplane/status_page/pages.h"
#include "lib/channel/subscriber_link.h"
#include "lib/crypto/crypto.h"
#include "lib/db/db.h"
#include "lib/http/message.h"

namespace sonde::status_page::subscribe {

inline constexpr std::size_t kMostForm = 64U << 10U;  // bytes: all components of the largest page

// Who asks, and before which page.
struct Visitor {
    std::shared_ptr<const Page> page;
    std::string base;    // of the page's addresses: `/status/acme/` or `/`
    std::string client;  // net::client_key of his address
};

// Thread-safe; runs on the server's workers.
class Desk {
public:
    // `has_address`: links in messages can lead to the pages that have no host of their own. All that it is given must outlive it.
    Desk(db::Pool& pool, const crypto::SecretBox& secrets, controlplane::RateLimiter& limits, bool has_address) : pool_(pool), secrets_(secrets), limits_(limits), has_address_(has_address) {}

    // `subscribe`: GET shows the form, POST has the address asked. Whatever it is, and whether it is there already, the answer is the same.
    http::Response subscribe(const http::Request& request, const Visitor& visitor);

    // `confirm/TOKEN`, `unsubscribe/TOKEN`, `manage/TOKEN`: GET shows what POST does. POST to `unsubscribe` is RFC 8058's as well.
    http::Response follow(const http::Request& request, const Visitor& visitor, channel::SubscriberPurpose purpose, std::string_view token);

private:
    html::SubscribePage ask(const http::Request& request, const Visitor& visitor);
    html::SubscribePage act(const http::Request& request, const Visitor& visitor, channel::SubscriberPurpose purpose, std::string_view token);
    [[nodiscard]] std::string link(const Visitor& visitor, SubscriberId subscriber, channel::SubscriberPurpose purpose) const;

    db::Pool& pool_;
    const crypto::SecretBox& secrets_;
    controlplane::RateLimiter& limits_;
    const bool has_address_;
    // Of the server's workers, so that the others stay for the API while the database hangs.
    std::counting_semaphore<> seats_{2};
};

}  // namespace sonde::status_page::subscribe
