// NATS and JetStream. The only module that sees NATS.c. Callbacks run on NATS threads: post to your own loop at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/secret.h"
#include "lib/base/instant.h"
#include "lib/metrics/metrics.h"

namespace sonde::bus {

// Who one is to the servers, where that is not written in a file: a user's token (JWT), and signatures with the user's key.
struct Identity {
    std::string token;
    std::function<std::string(std::string_view nonce)> sign;  // 64 raw bytes; called on threads of NATS.c
};

struct Options {
    std::vector<std::string> urls;  // nats:// or tls://
    std::string user;
    Secret password;
    std::string credentials_file;   // instead of user and password; empty if unused
    std::optional<Identity> identity;  // instead of both
    std::string ca_file;            // own authority for tls; empty for the system's
    std::string tls_name;           // that the servers' certificates must bear; empty for the host of the first URL
    std::string client_name;
    std::string inbox_prefix = "_INBOX";  // an agent may subscribe below its own prefix only
    milliseconds ping_interval{5000};
};

// A message as received. `ack*` may be called from any thread, at most one final one; after a drop of the connection they are lost,
// and the message comes again.
struct Delivery {
    std::string subject;
    std::string payload;
    std::string reply;          // for requests and for acknowledgements; empty if none
    std::uint64_t stream_sequence = 0;
    int times_delivered = 0;    // 1 is the first time; 0 if not from JetStream
    TimePoint stored_at{};      // when its stream had it, by the server's clock; the epoch if not from JetStream
    std::uint64_t pending = 0;  // messages for its consumer that come after it, as the server saw it at its delivery
};

enum class PublishOutcome : unsigned char {
    accepted,    // the stream has it
    refused,     // the stream answered with an error: full, too large, no permission
    no_stream,   // nobody listens: the stream does not exist
    timed_out,   // no answer in time, or not connected: it may or may not be there
};

enum class Storage : unsigned char { file, memory };
enum class Retention : unsigned char { limits, work_queue };

struct StreamSpec {
    std::string name;
    std::vector<std::string> subjects;
    Retention retention = Retention::limits;
    Storage storage = Storage::file;
    milliseconds max_age{0};       // 0: for ever
    std::int64_t max_bytes = -1;
    std::int64_t max_message_bytes = 1 << 20;
    int replicas = 1;
};

struct ConsumerSpec {
    std::string stream;
    std::string durable;
    std::string filter;            // empty: everything in the stream
    milliseconds ack_wait{30000};
    int max_deliver = -1;
    int max_ack_pending = 4096;
};

struct StreamState {
    std::uint64_t messages = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t last_sequence = 0;
    std::uint64_t bytes = 0;
};

struct ConsumerState {
    std::uint64_t pending = 0;          // in the stream, not yet delivered
    std::uint64_t ack_pending = 0;
    std::uint64_t delivered_sequence = 0;
    std::uint64_t waiting = 0;          // pull requests at the server
    std::uint64_t acked_sequence = 0;   // everything up to here was acknowledged
};

struct Health {
    bool connected = false;
    std::string server_version;
    std::uint64_t reconnects = 0;
};

class Subscription {
public:
    virtual ~Subscription() = default;  // no callback runs after it returned
};

// A pull consumer over an inbox: asks only for what `want` allows, re-asks after every status, and survives reconnects and a
// recreated consumer. Messages that arrive are never more than was asked for.
class Puller {
public:
    virtual ~Puller() = default;  // no callback runs after it returned
    // The number of messages the owner has room for now, asked for as a whole. Each message that arrives makes it one smaller until
    // this is called again. What was asked for cannot be taken back. Thread-safe, cheap, idempotent.
    virtual void want(int messages) = 0;
    // True while requests are at the server, or on their way, and unanswered.
    [[nodiscard]] virtual bool asking() const = 0;
    // How often since the start the server said that there is no such consumer or stream, or let a request pass without a word, which
    // it does if there is none. Says so within five seconds, and goes on asking.
    [[nodiscard]] virtual std::uint64_t missing_answers() const = 0;
};

// One connection. Thread-safe. Connects in the background and reconnects for ever; nothing here blocks but what says so.
// Subscriptions and pullers must end before their bus. Beginning or ending one may wait for a write to a server that does not read, five
// seconds at most.
// Metrics: sonde_bus_connected, sonde_bus_reconnects_total, sonde_bus_published_total{outcome}, sonde_bus_received_total,
// sonde_bus_errors_total{kind}.
class Bus {
public:
    // Throws std::runtime_error only for options that can never work. Does not wait for a server.
    static std::unique_ptr<Bus> connect(Options options, metrics::Registry& metrics);
    virtual ~Bus() = default;

    // Fire and forget, core NATS.
    virtual Status publish(const std::string& subject, std::string_view payload) = 0;

    // Publishes and requests that may be open at once.
    static constexpr std::size_t max_unanswered() { return 16384; }

    // To a stream, with the answer tracked on an inbox. `done` is called exactly once, on another thread or, if there is no connection,
    // possibly on this one; at the latest while the bus is destroyed. Beyond `max_unanswered()`, `done(timed_out)` comes at once.
    // Nothing is kept for a server that is away: when the connection is lost, all that is open is `timed_out`.
    virtual void publish_to_stream(const std::string& subject, std::string_view payload, std::function<void(PublishOutcome)> done,
                                   milliseconds deadline = milliseconds{5000}) = 0;
    [[nodiscard]] virtual std::size_t unanswered() const = 0;

    virtual std::unique_ptr<Subscription> subscribe(const std::string& subject, std::function<void(Delivery)> on_message) = 0;
    // A request answered on an inbox: `done` with nothing if there was no answer in time. Called exactly once.
    virtual void request(const std::string& subject, std::string_view payload, milliseconds deadline,
                         std::function<void(std::optional<Delivery>)> done) = 0;

    virtual std::unique_ptr<Puller> pull(const std::string& stream, const std::string& durable,
                                         std::function<void(Delivery)> on_message) = 0;
    virtual void ack(const Delivery& delivery) = 0;
    virtual void in_progress(const Delivery& delivery) = 0;             // restarts the consumer's ack_wait
    virtual void not_now(const Delivery& delivery, milliseconds delay) = 0;  // redeliver after `delay`
    virtual void terminate(const Delivery& delivery) = 0;               // never again

    // Blocking, up to five seconds each; not on a loop thread. Creates, or updates what differs and may be updated; then reads
    // back and fails if the server dropped a setting that matters.
    virtual Status ensure_stream(const StreamSpec& spec) = 0;
    virtual Status ensure_consumer(const ConsumerSpec& spec) = 0;
    virtual Status delete_stream(const std::string& name) = 0;
    virtual Status delete_consumer(const std::string& stream, const std::string& durable) = 0;
    virtual Result<std::vector<std::string>> stream_names() = 0;
    // Nothing if it does not exist; an error if that could not be found out.
    virtual Result<std::optional<StreamState>> stream_state(const std::string& name) = 0;
    virtual Result<std::optional<ConsumerState>> consumer_state(const std::string& stream, const std::string& durable) = 0;

    [[nodiscard]] virtual Health health() const = 0;
    // Blocking: sends what is buffered, waits for the server to have seen it.
    virtual Status flush(milliseconds deadline) = 0;
};

}  // namespace sonde::bus
