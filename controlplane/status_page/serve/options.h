// How status pages are served.
#pragma once

#include <string>

#include "controlplane/access/caller_address.h"
#include "controlplane/status_page/serve/audience.h"
#include "lib/account/password.h"

namespace sonde::status_page::serve {

struct ServeOptions {
    std::string public_url;        // where people reach the pages that have no host of their own; empty: wherever they do
    controlplane::Proxies proxies{};
    account::HashingCost hashing{};  // of passwords that were hashed otherwise, their own counts
    std::size_t answer_bytes = 64U << 20U;
    AudienceLimits audience{};
    std::string font{};  // a file, that pages' pictures are written with; empty: there are none
};

}  // namespace sonde::status_page::serve
