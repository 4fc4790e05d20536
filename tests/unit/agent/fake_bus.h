// A bus in memory: keeps what it is told and answers when the test says so. One thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lib/bus/bus.h"

namespace sonde::test {

class FakeBus final : public bus::Bus {
public:
    struct Published {
        std::string subject;
        std::string payload;
        std::function<void(bus::PublishOutcome)> done;  // of publish_to_stream
    };
    struct Requested {
        std::string subject;
        std::string payload;
        std::function<void(std::optional<bus::Delivery>)> done;
    };
    struct FakePuller final : bus::Puller {
        void want(int messages) override { wanted = messages; }
        [[nodiscard]] bool asking() const override { return wanted > 0; }
        [[nodiscard]] std::uint64_t missing_answers() const override { return 0; }
        int wanted = -1;
        std::function<void(bus::Delivery)> on_message;
    };

    Status publish(const std::string& subject, std::string_view payload) override {
        if (!connected) return Error{"not connected"};
        plain.push_back({subject, std::string(payload), nullptr});
        return Done{};
    }
    void publish_to_stream(const std::string& subject, std::string_view payload, std::function<void(bus::PublishOutcome)> done,
                           milliseconds) override {
        to_stream.push_back({subject, std::string(payload), std::move(done)});
    }
    [[nodiscard]] std::size_t unanswered() const override { return to_stream.size(); }
    std::unique_ptr<bus::Subscription> subscribe(const std::string&, std::function<void(bus::Delivery)>) override {
        return nullptr;
    }
    void request(const std::string& subject, std::string_view payload, milliseconds,
                 std::function<void(std::optional<bus::Delivery>)> done) override {
        requests.push_back({subject, std::string(payload), std::move(done)});
    }
    std::unique_ptr<bus::Puller> pull(const std::string& stream, const std::string&,
                                      std::function<void(bus::Delivery)> on_message) override {
        auto puller = std::make_unique<FakePuller>();
        puller->on_message = std::move(on_message);
        pullers[stream] = puller.get();
        return puller;
    }
    void ack(const bus::Delivery& delivery) override { acked.push_back(delivery.reply); }
    void in_progress(const bus::Delivery& delivery) override { progressed.push_back(delivery.reply); }
    void not_now(const bus::Delivery& delivery, milliseconds) override { given_back.push_back(delivery.reply); }
    void terminate(const bus::Delivery& delivery) override { terminated.push_back(delivery.reply); }
    Status ensure_stream(const bus::StreamSpec&) override { return Done{}; }
    Status ensure_consumer(const bus::ConsumerSpec&) override { return Done{}; }
    Status delete_stream(const std::string&) override { return Done{}; }
    Status delete_consumer(const std::string&, const std::string&) override { return Done{}; }
    Result<std::vector<std::string>> stream_names() override { return std::vector<std::string>{}; }
    Result<std::optional<bus::StreamState>> stream_state(const std::string&) override {
        return std::optional<bus::StreamState>{};
    }
    Result<std::optional<bus::ConsumerState>> consumer_state(const std::string&, const std::string&) override {
        return std::optional<bus::ConsumerState>{};
    }
    [[nodiscard]] bus::Health health() const override { return {connected, "2.9.10", 0}; }
    Status flush(milliseconds) override { return Done{}; }

    // Answers the oldest unanswered publication.
    void answer(bus::PublishOutcome outcome) {
        auto oldest = std::move(to_stream.front());
        to_stream.pop_front();
        oldest.done(outcome);
    }

    bool connected = true;
    std::vector<Published> plain;
    std::deque<Published> to_stream;
    std::vector<Requested> requests;
    std::map<std::string, FakePuller*> pullers;
    std::vector<std::string> acked;
    std::vector<std::string> progressed;
    std::vector<std::string> given_back;
    std::vector<std::string> terminated;
};

}  // namespace sonde::test
