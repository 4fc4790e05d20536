// Who wants to hear of which page.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "controlplane/status_page/pages.h"

namespace sonde::status_page {

// Thread-safe. Subscriptions may outlive it.
class Bell {
public:
    std::unique_ptr<Pages::Subscription> subscribe(std::string slug, Pages::Callback callback);
    // Calls those who subscribed to it, one after the other. They must neither subscribe nor end a subscription meanwhile.
    void ring(const std::string& slug);

private:
    struct Ropes {
        std::mutex mutex;  // held while they are called
        std::multimap<std::string, const Pages::Callback*> all;
    };
    class Rope;
    std::shared_ptr<Ropes> ropes_ = std::make_shared<Ropes>();
};

}  // namespace sonde::status_page
