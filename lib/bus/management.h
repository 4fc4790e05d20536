// Streams and consumers: made, compared with what they should be, asked for their state. All of it blocks.
#pragma once

#include "lib/bus/handles.h"

namespace sonde::bus::management {

Status ensure_stream(natsConnection* connection, const StreamSpec& spec);
Status ensure_consumer(natsConnection* connection, const ConsumerSpec& spec);
Status delete_stream(natsConnection* connection, const std::string& name);
Status delete_consumer(natsConnection* connection, const std::string& stream, const std::string& durable);
Result<std::vector<std::string>> stream_names(natsConnection* connection);
Result<std::optional<StreamState>> stream_state(natsConnection* connection, const std::string& name);
Result<std::optional<ConsumerState>> consumer_state(natsConnection* connection, const std::string& stream, const std::string& durable);

}  // namespace sonde::bus::management
