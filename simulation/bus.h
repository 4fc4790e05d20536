// A model of JetStream's work queues: publishing with an answer, delivery until acknowledged, redelivery, ageing, and the loss of a stream.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "lib/bus/bus.h"
#include "simulation/trace.h"
#include "simulation/weather.h"

namespace sonde::simulation {

struct Delivered {
    std::string stream;
    std::uint64_t sequence = 0;
    int times = 0;
    std::string origin;  // who may publish there: the region of the subject
    std::shared_ptr<const std::string> payload;
    TimePoint stored_at{};
};

// One durable consumer a stream; streams are `jobs.<region>`, `urgent.<region>` and `results.<shard>`.
class Bus {
public:
    using Answer = std::function<void(bus::PublishOutcome)>;
    using Receive = std::function<void(Delivered)>;

    Bus(Clockwork& clockwork, Dice& dice, const Weather& weather, Trace& trace) : clockwork_(clockwork), dice_(dice), weather_(weather), trace_(trace) {}

    void add_stream(const std::string& name, milliseconds ack_wait, milliseconds max_age);

    // `place` is where the process is, as Weather::bus_reached has it. The answer comes unless the process crashes.
    void publish(Process& from, const std::string& place, const std::string& stream, const std::string& origin, std::string payload,
                 milliseconds deadline, Answer answer);
    void subscribe(Process& who, const std::string& place, const std::string& stream, Receive receive);
    void unsubscribe(const Process& who, const std::string& stream);
    void acknowledge(const std::string& place, const Delivered& message);
    void still_at_it(const std::string& place, const Delivered& message);
    void not_now(const std::string& place, const Delivered& message);
    // All that is in streams that begin so is gone, and for a second there is no such stream.
    void lose(const std::string& beginning);

    [[nodiscard]] std::size_t messages_in(const std::string& stream) const { return streams_.at(stream).messages.size(); }
    // Messages that were never acknowledged: aged out or lost with their stream.
    [[nodiscard]] std::uint64_t lost() const { return lost_; }
    // What becomes of a message that is lost in the bus after it was accepted.
    std::function<void(const std::string& stream, const std::string& payload)> on_lost;

private:
    struct Message {
        std::string origin;
        std::shared_ptr<const std::string> payload;
        TimePoint stored_at;
        std::optional<TimePoint> comes_again;  // while somebody has it
        int times = 0;
    };
    struct Subscriber {
        Process* process = nullptr;
        int life = 0;
        std::string place;
        Receive receive;
    };
    struct Stream {
        milliseconds ack_wait{0};
        milliseconds max_age{0};
        std::uint64_t last = 0;
            TimePoint missing_until;
        std::map<std::uint64_t, Message> messages;
        std::vector<Subscriber> subscribers;
    };

    milliseconds way();
    bool is_lost(std::string_view place);
    void store(Stream& stream, const std::string& origin, const std::shared_ptr<const std::string>& payload);
    void pump(const std::string& name);
    void deliver(const std::string& name, std::uint64_t sequence, Message& message, Subscriber& to);
    void then(const std::string& place, const Delivered& message, std::function<void(Stream&, std::map<std::uint64_t, Message>::iterator)> what);

    Clockwork& clockwork_;
    Dice& dice_;
    const Weather& weather_;
    Trace& trace_;
    std::map<std::string, Stream> streams_;
    std::uint64_t lost_ = 0;
};

}  // namespace sonde::simulation
