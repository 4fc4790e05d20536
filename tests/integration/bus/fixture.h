// A server for all test cases of the program, kept apart by the names of their streams; and what they use of a bus.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>

#include "lib/bus/bus.h"
#include "tests/support/servers.h"

namespace sonde::test {

inline NatsServer& shared_nats() {
    static NatsServer server;
    return server;
}

inline bus::Options bus_options(const NatsServer& server) {
    bus::Options options;
    options.urls = {server.url()};
    options.client_name = "test";
    return options;
}

// A bus that is connected, with its metrics.
struct TestBus {
    explicit TestBus(const NatsServer& server = shared_nats()) : TestBus(bus_options(server)) {
        if (!connected()) throw std::runtime_error("the bus does not connect");
    }
    explicit TestBus(const bus::Options& options) : bus(bus::Bus::connect(options, metrics)) {}
    bool connected() {
        return eventually([this] { return bus->health().connected; });
    }
    bus::Bus* operator->() const { return bus.get(); }

    metrics::Registry metrics;
    std::unique_ptr<bus::Bus> bus;
};

inline bus::StreamSpec stream(const std::string& name) {
    bus::StreamSpec spec;
    spec.name = name;
    spec.subjects = {name + ".>"};
    spec.retention = bus::Retention::work_queue;
    spec.max_age = milliseconds{600'000};
    spec.max_bytes = 64 << 20;
    return spec;
}

inline bus::ConsumerSpec consumer(const std::string& stream, milliseconds ack_wait = milliseconds{30'000}) {
    bus::ConsumerSpec spec;
    spec.stream = stream;
    spec.durable = "worker";
    spec.ack_wait = ack_wait;
    return spec;
}

inline void ensure(TestBus& bus, const bus::StreamSpec& spec, const bus::ConsumerSpec& worker) {
    if (const auto status = bus->ensure_stream(spec); !status) throw std::runtime_error(status.error().message);
    if (const auto status = bus->ensure_consumer(worker); !status) throw std::runtime_error(status.error().message);
}

// Publishes and waits for what becomes of it.
inline bus::PublishOutcome publish(TestBus& bus, const std::string& subject, std::string_view payload,
                                   milliseconds deadline = milliseconds{5000}) {
    struct State {
        std::mutex mutex;
        std::optional<bus::PublishOutcome> outcome;
        int calls = 0;
    };
    auto state = std::make_shared<State>();
    bus->publish_to_stream(
        subject, payload,
        [state](bus::PublishOutcome outcome) {
            const std::scoped_lock lock(state->mutex);
            state->outcome = outcome;
            ++state->calls;
        },
        deadline);
    const bool done = eventually([&] {
        const std::scoped_lock lock(state->mutex);
        return state->outcome.has_value();
    }, static_cast<int>(deadline.count()) + 5000);
    if (!done) throw std::runtime_error("nothing became of a publish");
    return *state->outcome;
}

// Publishes until the stream takes it: after a restart, JetStream needs a moment.
inline bool publish_until_accepted(TestBus& bus, const std::string& subject, std::string_view payload) {
    return eventually([&] { return publish(bus, subject, payload, milliseconds{1000}) == bus::PublishOutcome::accepted; });
}

// Keeps what a puller or a subscription delivers.
class Inbox {
public:
    void operator()(bus::Delivery delivery) {
        const std::scoped_lock lock(mutex_);
        all_.push_back(std::move(delivery));
    }
    std::vector<bus::Delivery> all() {
        const std::scoped_lock lock(mutex_);
        return all_;
    }
    std::size_t size() { return all().size(); }
    bool has(std::size_t count, int deadline_ms = 60'000) {
        return eventually([&] { return size() >= count; }, deadline_ms);
    }
    std::set<std::string> payloads() {
        std::set<std::string> found;
        for (const auto& delivery : all()) found.insert(delivery.payload);
        return found;
    }

private:
    std::mutex mutex_;
    std::vector<bus::Delivery> all_;
};

}  // namespace sonde::test
