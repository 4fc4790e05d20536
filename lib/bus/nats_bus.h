// The bus over one connection of NATS.c.
//
// Threads: the owner's calls put what they send into the outbox, whose thread alone writes and may be stuck in that; the sweeper ends
// what is not answered in time; the keeper makes connections, subscribes on them and ticks the pullers; NATS.c delivers.
#pragma once

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "lib/bus/answers.h"
#include "lib/bus/connection.h"
#include "lib/bus/inlet.h"
#include "lib/bus/outbox.h"
#include "lib/bus/puller.h"
#include "lib/bus/sweeper.h"

namespace sonde::bus {

class NatsBus final : public Bus, private PullerHost {
public:
    NatsBus(Options options, metrics::Registry& metrics);
    ~NatsBus() override;

    Status publish(const std::string& subject, std::string_view payload) override;
    void publish_to_stream(const std::string& subject, std::string_view payload, std::function<void(PublishOutcome)> done,
                           milliseconds deadline) override;
    std::size_t unanswered() const override { return answers_.open_publishes(); }
    std::unique_ptr<Subscription> subscribe(const std::string& subject, std::function<void(Delivery)> on_message) override;
    void request(const std::string& subject, std::string_view payload, milliseconds deadline,
                 std::function<void(std::optional<Delivery>)> done) override;

    std::unique_ptr<Puller> pull(const std::string& stream, const std::string& durable,
                                 std::function<void(Delivery)> on_message) override;
    void ack(const Delivery& delivery) override { acknowledge(delivery, "+ACK"); }
    void in_progress(const Delivery& delivery) override { acknowledge(delivery, "+WPI"); }
    void not_now(const Delivery& delivery, milliseconds delay) override {
        acknowledge(delivery, fmt::format(R"(-NAK {{"delay":{}}})", std::chrono::nanoseconds(delay).count()));
    }
    void terminate(const Delivery& delivery) override { acknowledge(delivery, "+TERM"); }

    Status ensure_stream(const StreamSpec& spec) override;
    Status ensure_consumer(const ConsumerSpec& spec) override;
    Status delete_stream(const std::string& name) override;
    Status delete_consumer(const std::string& stream, const std::string& durable) override;
    Result<std::vector<std::string>> stream_names() override;
    Result<std::optional<StreamState>> stream_state(const std::string& name) override;
    Result<std::optional<ConsumerState>> consumer_state(const std::string& stream, const std::string& durable) override;

    Health health() const override;
    Status flush(milliseconds deadline) override;

private:
    class PlainSubscription;

    // Of PullerHost. The second is for the keeper, who ticks the pullers.
    bool send_ask(std::string subject, std::string reply, std::string payload) override;
    void wake_by(MonotonicPoint deadline) override;
    void forget(StreamPuller& puller) override;

    template <class Answer, class Body>
    Answer on_connection(Body body) {
        const auto connection = current();
        if (!connection || !connected_) return Error{"not connected to the bus"};
        return body(connection->get());
    }

    std::shared_ptr<Connection> current() const {
        const std::scoped_lock lock(mutex_);
        return connection_;
    }
    void acknowledge(const Delivery& delivery, std::string verb);
    void count(PublishOutcome outcome) { outcomes_[static_cast<std::size_t>(outcome)]->add(); }
    void send(const Outgoing& message);
    void on_answer(natsMsg* message);
    void on_error(std::string_view kind, std::string_view text);

    void wake();
    void keep();
    bool open_connection();
    void attach_everything(const std::shared_ptr<Connection>& connection);
    void note_version(Connection& connection);

    const Options options_;
    const std::string inbox_;
    metrics::Gauge& connected_gauge_;
    metrics::Counter& reconnects_counter_;
    metrics::Counter& received_;
    metrics::Registry& metrics_;
    std::array<metrics::Counter*, 4> outcomes_{};

    Answers answers_{max_unanswered()};
    Sweeper sweeper_{answers_};
    Inlet answers_inlet_{[this](natsMsg* message) { on_answer(message); }};

    mutable std::mutex mutex_;  // guards what follows; never held while NATS.c or an owner's callback is called
    std::condition_variable woken_;
    bool stopping_ = false;
    bool wake_ = false;
    bool ended_ = false;   // since the keeper last looked, the connection was lost,
    bool began_ = false;   // was made,
    bool closed_ = false;  // gave up
    std::shared_ptr<Connection> connection_;
    std::string server_version_;
    std::map<std::string, MonotonicPoint, std::less<>> error_logged_;  // by kind
    std::weak_ptr<Connection> attached_to_;  // used by the keeper alone

    // Guards the two sets, and is held while their members are attached, so that none ends meanwhile.
    std::mutex members_;
    std::set<PlainSubscription*> subscriptions_;
    std::set<StreamPuller*> pullers_;

    std::atomic<bool> connected_{false};
    std::atomic<std::uint64_t> connections_{0};
    std::atomic<std::uint64_t> puller_number_{0};
    std::atomic<MonotonicPoint::rep> next_wake_{0};

    std::unique_ptr<Outbox> outbox_;
    std::thread keeper_;
};

class NatsBus::PlainSubscription final : public Subscription {
public:
    PlainSubscription(NatsBus& bus, std::string subject, std::function<void(Delivery)> on_message)
        : bus_(bus), subject_(std::move(subject)), inlet_([&bus, handler = std::move(on_message)](natsMsg* message) {
              bus.received_.add();
              handler(to_delivery(message));
          }) {}
    ~PlainSubscription() override {
        const std::scoped_lock lock(bus_.members_);
        bus_.subscriptions_.erase(this);
    }
    Status attach(natsConnection* connection) { return inlet_.attach(connection, subject_); }

private:
    NatsBus& bus_;
    const std::string subject_;
    Inlet inlet_;
};

}  // namespace sonde::bus
