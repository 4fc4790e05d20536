#include "lib/bus/topology.h"

#include "lib/base/shard.h"
#include "lib/message/subject.h"

namespace sonde::bus::topology {
namespace {

namespace subject = message::subject;

constexpr std::int64_t kMiB = 1 << 20;
constexpr milliseconds kMinute{60'000};
constexpr milliseconds kDay = 24 * 60 * kMinute;

// Agents say every two seconds that they still work on a message; four missed mean that the agent is gone.
constexpr milliseconds kAgentAckWait{8'000};
// What an engine that ended had been given comes to its successor after this; a batch takes a fraction of it.
constexpr milliseconds kEngineAckWait{6'000};

ConsumerSpec agents(const std::string& stream) {
    ConsumerSpec consumer;
    consumer.stream = stream;
    consumer.durable = std::string(subject::agents_consumer);
    consumer.ack_wait = kAgentAckWait;
    return consumer;
}

}  // namespace

Place jobs(std::string_view region, int replicas) {
    Place place;
    auto& stream = place.stream;
    stream.name = subject::jobs_stream(region);
    stream.subjects = {subject::jobs(region)};
    stream.retention = Retention::work_queue;
    stream.max_age = 2 * kMinute;
    stream.max_bytes = 64 * kMiB;
    stream.replicas = replicas;
    place.consumers = {agents(stream.name)};
    return place;
}

Place urgent(std::string_view region, int replicas) {
    Place place;
    auto& stream = place.stream;
    stream.name = subject::urgent_stream(region);
    stream.subjects = {subject::urgent(region)};
    stream.retention = Retention::work_queue;
    stream.storage = Storage::memory;
    stream.max_age = kMinute;
    stream.max_bytes = 4 * kMiB;
    stream.replicas = replicas;
    place.consumers = {agents(stream.name)};
    return place;
}

Place results(int replicas) {
    Place place;
    auto& stream = place.stream;
    stream.name = std::string(subject::results_stream);
    stream.retention = Retention::work_queue;
    stream.max_age = kDay;
    stream.max_bytes = 1024 * kMiB;
    stream.replicas = replicas;
    for (int shard = 0; shard < kShards; ++shard) {
        stream.subjects.push_back(subject::results_of_shard(shard));
        ConsumerSpec consumer;
        consumer.stream = stream.name;
        consumer.durable = subject::engine_consumer(shard);
        consumer.filter = subject::results_of_shard(shard);
        consumer.ack_wait = kEngineAckWait;
        place.consumers.push_back(std::move(consumer));
    }
    return place;
}

Place events(int replicas) {
    Place place;
    auto& stream = place.stream;
    stream.name = std::string(subject::events_stream);
    stream.subjects = {"sonde.v1.events.>"};
    stream.max_age = 7 * kDay;
    stream.max_bytes = 256 * kMiB;
    stream.replicas = replicas;
    return place;
}

Place parked(int replicas) {
    Place place;
    auto& stream = place.stream;
    stream.name = std::string(subject::parked_stream);
    stream.subjects = {subject::parked("*")};
    stream.max_age = 7 * kDay;
    stream.max_bytes = 16 * kMiB;
    stream.replicas = replicas;
    return place;
}

Status ensure(Bus& bus, const Place& place) {
    if (auto status = bus.ensure_stream(place.stream); !status) return status;
    for (const auto& consumer : place.consumers) {
        if (auto status = bus.ensure_consumer(consumer); !status) return status;
    }
    return Done{};
}

}  // namespace sonde::bus::topology
