// The pull consumer behind Bus::pull: a Window, an inbox for each of its slots, and a way out for its requests.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "lib/bus/inlet.h"
#include "lib/bus/window.h"

namespace sonde::bus {

// What a puller needs of the bus it is on.
class PullerHost {
public:
    virtual ~PullerHost() = default;
    // Never blocks; false if it cannot be sent.
    virtual bool send_ask(std::string subject, std::string reply, std::string payload) = 0;
    // `tick` is due by then.
    virtual void wake_by(MonotonicPoint deadline) = 0;
    virtual void forget(class StreamPuller& puller) = 0;
};

class StreamPuller final : public Puller {
public:
    // `inbox` is a subject prefix nobody else uses.
    StreamPuller(PullerHost& host, std::string stream, std::string durable, std::string inbox, metrics::Counter& received,
                 std::function<void(Delivery)> on_message);
    ~StreamPuller() override;

    void want(int messages) override;
    [[nodiscard]] bool asking() const override;
    [[nodiscard]] std::uint64_t missing_answers() const override { return missing_; }

    // On a new connection. Blocks as long as subscribing does.
    Status attach(natsConnection* connection);
    // The connection is lost, and with it everything that was asked for.
    void lost();
    // Does what is due now; returns when to be called again.
    MonotonicPoint tick(MonotonicPoint now);

private:
    void on_raw(std::size_t slot, natsMsg* message);
    void note_missing(int code, std::string_view reason);  // these two with `mutex_` held
    void note_present();
    void on_status(std::size_t slot, std::string_view subject, const ServerStatus& status);
    void ask();
    MonotonicPoint ask_as_due();

    PullerHost& host_;
    const std::string stream_;
    const std::string durable_;
    const std::string inbox_;
    metrics::Counter& received_;
    const std::shared_ptr<const std::function<void(Delivery)>> on_message_;  // shared, for it may destroy its puller

    mutable std::mutex mutex_;  // never held while anything of the owner or of NATS.c is called
    Window window_;
    bool attached_ = false;
    std::uint64_t generation_ = 0;  // of the inbox: what was asked for on an old connection must not arrive on the new one
    milliseconds back_off_;
    bool told_missing_ = false;
    std::atomic<std::uint64_t> missing_{0};
    const Turn turn_ = std::make_shared<std::recursive_mutex>();
    std::array<Inlet, Window::kSlots> inlets_;  // the last, for their end is the end of all calls
};

}  // namespace sonde::bus
