#include "lib/bus/nats_bus.h"

#include <fmt/format.h>

#include <charconv>
#include <random>

#include "lib/bus/management.h"
#include "lib/log/log.h"

namespace sonde::bus {
namespace {

constexpr metrics::Family kConnected{"sonde_bus_connected", "1 while connected to a NATS server."};
constexpr metrics::Family kReconnects{"sonde_bus_reconnects_total", "Connections to the bus made after the first one."};
constexpr metrics::Family kPublished{"sonde_bus_published_total", "Messages published to streams, by what became of them."};
constexpr metrics::Family kReceived{"sonde_bus_received_total", "Messages received from streams and subscriptions."};
constexpr metrics::Family kErrors{"sonde_bus_errors_total", "Errors the server or the client library reported: permissions, slow consumers."};

constexpr seconds kErrorLogEvery{60};

std::string random_token() {
    static constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::random_device random;
    std::uniform_int_distribution<std::size_t> pick(0, digits.size() - 1);
    std::string token;
    for (int i = 0; i < 22; ++i) token += digits[pick(random)];
    return token;
}

std::uint64_t answer_number(std::string_view subject) {
    std::uint64_t number = 0;
    const auto digits = subject.substr(subject.rfind('.') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

}  // namespace

NatsBus::NatsBus(Options options, metrics::Registry& metrics)
    : options_(std::move(options)),
      inbox_(options_.inbox_prefix + "." + random_token()),
      connected_gauge_(metrics.gauge(kConnected)),
      reconnects_counter_(metrics.counter(kReconnects)),
      received_(metrics.counter(kReceived)),
      metrics_(metrics) {
    constexpr std::array<std::string_view, 4> names{"accepted", "refused", "no_stream", "timed_out"};
    for (std::size_t i = 0; i < names.size(); ++i) outcomes_[i] = &metrics.counter(kPublished, {{"outcome", std::string(names[i])}});
    outbox_ = std::make_unique<Outbox>([this](const Outgoing& message) { send(message); });
    keeper_ = std::thread([this] { keep(); });
}

NatsBus::~NatsBus() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    woken_.notify_all();
    keeper_.join();
    // Closing frees a sender that is stuck in a write.
    std::shared_ptr<Connection> last;
    {
        const std::scoped_lock lock(mutex_);
        last = std::move(connection_);
    }
    if (last) last->close();
    outbox_.reset();
    last.reset();
    answers_.fail_all();
}

// ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────

Status NatsBus::publish(const std::string& subject, std::string_view payload) {
    if (!connected_) return Error{fmt::format("publishing to {}: not connected to the bus", subject)};
    if (!outbox_->put({subject, {}, std::string(payload), 0})) return Error{fmt::format("publishing to {}: too much is unsent", subject)};
    return Done{};
}

void NatsBus::publish_to_stream(const std::string& subject, std::string_view payload, std::function<void(PublishOutcome)> done,
                                milliseconds deadline) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    Answers::OnPublished counted = [this, done = std::move(done)](PublishOutcome outcome) {
        count(outcome);
        done(outcome);
    };
    const auto number = connected_ ? answers_.expect_ack(counted, until) : 0;
    if (number == 0) return counted(PublishOutcome::timed_out);
    if (!outbox_->put({subject, fmt::format("{}.{}", inbox_, number), std::string(payload), number})) {
        answers_.acknowledged(number, PublishOutcome::timed_out);
        return;
    }
    sweeper_.wake_by(until);
}

void NatsBus::request(const std::string& subject, std::string_view payload, milliseconds deadline,
                      std::function<void(std::optional<Delivery>)> done) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    const auto number = connected_ ? answers_.expect_reply(done, until) : 0;
    if (number == 0) return done(std::nullopt);
    if (!outbox_->put({subject, fmt::format("{}.{}", inbox_, number), std::string(payload), number})) {
        answers_.replied(number, std::nullopt);
        return;
    }
    sweeper_.wake_by(until);
}

void NatsBus::acknowledge(const Delivery& delivery, std::string verb) {
    // Lost if there is no room or no connection: the message comes again.
    if (connected_ && !delivery.reply.empty()) std::ignore = outbox_->put({delivery.reply, {}, std::move(verb), 0});
}

bool NatsBus::send_ask(std::string subject, std::string reply, std::string payload) {
    return connected_ && outbox_->put({std::move(subject), std::move(reply), std::move(payload), 0});
}

void NatsBus::send(const Outgoing& message) {
    auto status = NATS_CONNECTION_DISCONNECTED;
    if (const auto connection = connected_ ? current() : nullptr) {
        const auto size = static_cast<int>(message.payload.size());
        // NATS.c refuses an empty reply.
        status = message.reply.empty()
                     ? natsConnection_Publish(connection->get(), message.subject.c_str(), message.payload.data(), size)
                     : natsConnection_PublishRequest(connection->get(), message.subject.c_str(), message.reply.c_str(),
                                                     message.payload.data(), size);
    }
    if (status == NATS_OK) return;
    // What can never be sent is said at once; the rest is as if it had been lost on the way.
    const bool hopeless = status == NATS_MAX_PAYLOAD || status == NATS_INVALID_SUBJECT || status == NATS_INVALID_ARG;
    if (hopeless) on_error("unsendable", fmt::format("{}: {}", message.subject, natsStatus_GetText(status)));
    if (message.answer == 0) return;
    answers_.acknowledged(message.answer, hopeless ? PublishOutcome::refused : PublishOutcome::timed_out);
    answers_.replied(message.answer, std::nullopt);
}

// ── Receiving ────────────────────────────────────────────────────────────────────────────────────────────────────────

void NatsBus::on_answer(natsMsg* message) {
    const auto number = answer_number(natsMsg_GetSubject(message));
    const bool nobody = server_status(message).code == 503;
    if (!answers_.is_publish(number)) {
        answers_.replied(number, nobody ? std::nullopt : std::optional{to_delivery(message)});
        return;
    }
    if (nobody) return answers_.acknowledged(number, PublishOutcome::no_stream);
    const std::string_view body(natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message)));
    // `{"stream":"…","seq":n}` or `{"error":{"code":…,"description":"…"},…}`; names of streams have neither quotes nor colons.
    if (body.find("\"error\":") != std::string_view::npos) {
        on_error("refused_by_stream", body);
        return answers_.acknowledged(number, PublishOutcome::refused);
    }
    answers_.acknowledged(number, PublishOutcome::accepted);
}

std::unique_ptr<Subscription> NatsBus::subscribe(const std::string& subject, std::function<void(Delivery)> on_message) {
    auto subscription = std::make_unique<PlainSubscription>(*this, subject, std::move(on_message));
    const std::scoped_lock lock(members_);
    subscriptions_.insert(subscription.get());
    if (const auto connection = current()) {
        if (const auto status = subscription->attach(connection->get()); !status) on_error("subscribe", status.error().message);
    }
    return subscription;
}

std::unique_ptr<Puller> NatsBus::pull(const std::string& stream, const std::string& durable, std::function<void(Delivery)> on_message) {
    PullerHost& host = *this;
    auto puller = std::make_unique<StreamPuller>(host, stream, durable, fmt::format("{}.p{}", inbox_, ++puller_number_), received_,
                                                 std::move(on_message));
    const std::scoped_lock lock(members_);
    pullers_.insert(puller.get());
    if (const auto connection = connected_ ? current() : nullptr) {
        if (const auto status = puller->attach(connection->get()); !status) on_error("subscribe", status.error().message);
    }
    return puller;
}

void NatsBus::forget(StreamPuller& puller) {
    const std::scoped_lock lock(members_);
    pullers_.erase(&puller);
}

void NatsBus::on_error(std::string_view kind, std::string_view text) {
    metrics_.counter(kErrors, {{"kind", std::string(kind)}}).add();
    {
        const std::scoped_lock lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        const auto [last, first] = error_logged_.try_emplace(std::string(kind), now);
        if (!first && now - last->second < kErrorLogEvery) return;
        last->second = now;
    }
    log::warning("bus_error", "kind", kind, "error", text, "note", "more of this kind within a minute are only counted");
}

// ── Streams and consumers ────────────────────────────────────────────────────────────────────────────────────────────

Status NatsBus::ensure_stream(const StreamSpec& spec) {
    return on_connection<Status>([&](auto* connection) { return management::ensure_stream(connection, spec); });
}

Status NatsBus::ensure_consumer(const ConsumerSpec& spec) {
    return on_connection<Status>([&](auto* connection) { return management::ensure_consumer(connection, spec); });
}

Status NatsBus::delete_stream(const std::string& name) {
    return on_connection<Status>([&](auto* connection) { return management::delete_stream(connection, name); });
}

Status NatsBus::delete_consumer(const std::string& stream, const std::string& durable) {
    return on_connection<Status>([&](auto* connection) { return management::delete_consumer(connection, stream, durable); });
}

Result<std::vector<std::string>> NatsBus::stream_names() {
    return on_connection<Result<std::vector<std::string>>>([](auto* connection) { return management::stream_names(connection); });
}

Result<std::optional<StreamState>> NatsBus::stream_state(const std::string& name) {
    return on_connection<Result<std::optional<StreamState>>>(
        [&](auto* connection) { return management::stream_state(connection, name); });
}

Result<std::optional<ConsumerState>> NatsBus::consumer_state(const std::string& stream, const std::string& durable) {
    return on_connection<Result<std::optional<ConsumerState>>>(
        [&](auto* connection) { return management::consumer_state(connection, stream, durable); });
}

Health NatsBus::health() const {
    const std::scoped_lock lock(mutex_);
    const auto made = connections_.load();
    return {connected_, server_version_, made > 0 ? made - 1 : 0};
}

Status NatsBus::flush(milliseconds deadline) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    if (!outbox_->drained(until)) return Error{"flushing the bus: not everything could be sent in time"};
    const auto left = std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
    return on_connection<Status>([&](natsConnection* connection) -> Status {
        const auto status = natsConnection_FlushTimeout(connection, std::max<std::int64_t>(left.count(), 1));
        if (status == NATS_OK) return Done{};
        return Error{fmt::format("flushing the bus: {}", natsStatus_GetText(status))};
    });
}

std::unique_ptr<Bus> Bus::connect(Options options, metrics::Registry& metrics) {
    Connection::check(options);
    return std::make_unique<NatsBus>(std::move(options), metrics);
}

}  // namespace sonde::bus
