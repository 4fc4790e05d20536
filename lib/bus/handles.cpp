#include "lib/bus/handles.h"

#include <cstdlib>

#include "lib/bus/ack_subject.h"

namespace sonde::bus {

ServerStatus server_status(natsMsg* message) {
    ServerStatus status;
    const char* value = nullptr;
    if (natsMsg_GetDataLength(message) != 0 || natsMsgHeader_Get(message, "Status", &value) != NATS_OK) return status;
    status.code = std::atoi(value);
    if (natsMsgHeader_Get(message, "Description", &value) == NATS_OK) status.description = value;
    return status;
}

Delivery to_delivery(natsMsg* message) {
    Delivery delivery;
    delivery.subject = natsMsg_GetSubject(message);
    delivery.payload.assign(natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message)));
    if (const char* reply = natsMsg_GetReply(message); reply != nullptr) {
        delivery.reply = reply;
        if (const auto ack = parse_ack_subject(delivery.reply)) {
            delivery.stream_sequence = ack->stream_sequence;
            delivery.times_delivered = ack->delivered;
            delivery.stored_at = from_unix_ms(ack->stored_ns / 1'000'000);
            delivery.pending = ack->pending;
        }
    }
    return delivery;
}

}  // namespace sonde::bus
