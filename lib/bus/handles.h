// Owners of what NATS.c hands out. For the source files of this directory only: nobody else sees NATS.c.
#pragma once

#include <nats/nats.h>

#include <memory>
#include <string>
#include <string_view>

#include "lib/base/instant.h"
#include "lib/bus/bus.h"

namespace sonde::bus {

struct Destroy {
    void operator()(natsMsg* message) const { natsMsg_Destroy(message); }
    void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
    void operator()(jsCtx* context) const { jsCtx_Destroy(context); }
    void operator()(jsStreamInfo* info) const { jsStreamInfo_Destroy(info); }
    void operator()(jsConsumerInfo* info) const { jsConsumerInfo_Destroy(info); }
};
template <class Handle>
using Owned = std::unique_ptr<Handle, Destroy>;

// The status code and description of a message of the server's own; 0 for one that carries data.
struct ServerStatus {
    int code = 0;
    std::string description;
};
ServerStatus server_status(natsMsg* message);

Delivery to_delivery(natsMsg* message);

}  // namespace sonde::bus
