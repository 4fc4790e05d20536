#include "lib/bus/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace sonde::bus {
namespace {

constexpr std::int64_t kConnectTimeoutMs = 1000;
constexpr std::int64_t kReconnectWaitMs = 250;
constexpr std::int64_t kReconnectJitterMs = 750;
constexpr std::int64_t kWriteDeadlineMs = 5000;
constexpr int kMaxPingsOut = 2;

bool is_tls(const Options& options) {
    return std::any_of(options.urls.begin(), options.urls.end(), [](const std::string& url) { return url.starts_with("tls://"); });
}

// The host of a URL, if it is a name; NATS.c cannot check certificates for addresses.
std::string host_name_of(std::string_view url) {
    url.remove_prefix(url.find("://") + 3);
    if (const auto at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
    const auto host = url.substr(0, url.find_first_of(":/"));
    const bool is_name = host.find_first_not_of("0123456789.") != std::string_view::npos && !host.starts_with('[');
    return std::string(is_name ? host : "");
}

void require(natsStatus status, std::string_view what) {
    if (status == NATS_OK) return;
    const char* detail = nats_GetLastError(nullptr);
    throw std::runtime_error(fmt::format("bus: {}: {}", what, detail != nullptr ? detail : natsStatus_GetText(status)));
}

// NATS.c frees what these give it.
natsStatus give_token(char** token, char**, void* closure) {
    *token = ::strdup(static_cast<const Identity*>(closure)->token.c_str());
    return *token != nullptr ? NATS_OK : NATS_NO_MEMORY;
}

natsStatus give_signature(char**, unsigned char** signature, int* length, const char* nonce, void* closure) {
    const auto made = static_cast<const Identity*>(closure)->sign(nonce);
    *signature = static_cast<unsigned char*>(std::malloc(made.size()));
    if (*signature == nullptr) return NATS_NO_MEMORY;
    std::memcpy(*signature, made.data(), made.size());
    *length = static_cast<int>(made.size());
    return NATS_OK;
}

// `options` must outlive what is made of it, for the sake of `identity`.
Owned<natsOptions> make_options(const Options& options) {
    if (options.urls.empty()) throw std::runtime_error("bus: no server is named");
    natsOptions* raw = nullptr;
    require(natsOptions_Create(&raw), "options");
    Owned<natsOptions> made(raw);

    std::vector<const char*> urls;
    for (const auto& url : options.urls) urls.push_back(url.c_str());
    require(natsOptions_SetServers(raw, urls.data(), static_cast<int>(urls.size())), "the servers' URLs");
    require(natsOptions_SetName(raw, options.client_name.c_str()), "client name");
    if (!options.user.empty()) {
        require(natsOptions_SetUserInfo(raw, options.user.c_str(), options.password.reveal().c_str()), "user and password");
    }
    if (!options.credentials_file.empty()) {
        require(natsOptions_SetUserCredentialsFromFiles(raw, options.credentials_file.c_str(), nullptr), "credentials file");
    }
    if (options.identity) {
        auto* closure = const_cast<Identity*>(&*options.identity);  // given back to us as it is
        require(natsOptions_SetUserCredentialsCallbacks(raw, give_token, closure, give_signature, closure), "identity");
    }
    if (is_tls(options)) {
        require(natsOptions_SetSecure(raw, true), "TLS");
        const auto name = options.tls_name.empty() ? host_name_of(options.urls.front()) : options.tls_name;
        if (!name.empty()) require(natsOptions_SetExpectedHostname(raw, name.c_str()), "the server's name");
    }
    if (!options.ca_file.empty()) require(natsOptions_LoadCATrustedCertificates(raw, options.ca_file.c_str()), options.ca_file);

    require(natsOptions_SetCustomInboxPrefix(raw, options.inbox_prefix.c_str()), "inbox prefix");
    require(natsOptions_SetPingInterval(raw, options.ping_interval.count()), "ping interval");
    require(natsOptions_SetMaxPingsOut(raw, kMaxPingsOut), "pings");
    require(natsOptions_SetTimeout(raw, kConnectTimeoutMs), "timeout");
    require(natsOptions_SetWriteDeadline(raw, kWriteDeadlineMs), "write deadline");
    require(natsOptions_SetAllowReconnect(raw, true), "reconnect");
    require(natsOptions_SetMaxReconnect(raw, -1), "reconnect");
    require(natsOptions_SetReconnectWait(raw, kReconnectWaitMs), "reconnect");
    require(natsOptions_SetReconnectJitter(raw, kReconnectJitterMs, kReconnectJitterMs), "reconnect");
    // Old messages must not pour out when the server is back: whoever sent them was told that they were not accepted.
    require(natsOptions_SetReconnectBufSize(raw, 1), "reconnect");
    require(natsOptions_SetFailRequestsOnDisconnect(raw, true), "requests");
    return made;
}

}  // namespace

// What NATS.c calls. It outlives the connection until NATS.c has called `closed`, which is its last call.
struct Connection::Relay {
    using Handle = std::shared_ptr<Relay>;
    std::mutex mutex;
    std::condition_variable done;
    bool live = true;      // events are passed on
    bool finished = false;
    ConnectionEvents events;

    static Relay& of(void* closure) { return **static_cast<Handle*>(closure); }

    static void on_connected(natsConnection*, void* closure) {
        auto& relay = of(closure);
        const std::scoped_lock lock(relay.mutex);
        if (relay.live) relay.events.connected();
    }
    static void on_lost(natsConnection*, void* closure) {
        auto& relay = of(closure);
        const std::scoped_lock lock(relay.mutex);
        if (relay.live) relay.events.lost();
    }
    static void on_closed(natsConnection* connection, void* closure) {
        const std::unique_ptr<Handle> handle(static_cast<Handle*>(closure));
        auto& relay = **handle;
        const std::scoped_lock lock(relay.mutex);
        relay.finished = true;
        relay.done.notify_all();
        if (!relay.live) return;
        // It closes by itself only when servers do not let it in.
        const char* text = nullptr;
        const auto status = natsConnection_GetLastError(connection, &text);
        relay.events.error("refused", text != nullptr && *text != '\0' ? text : natsStatus_GetText(status));
        relay.events.closed();
    }
    static void on_error(natsConnection* connection, natsSubscription*, natsStatus status, void* closure) {
        auto& relay = of(closure);
        const std::scoped_lock lock(relay.mutex);
        if (!relay.live) return;
        const char* text = nullptr;
        natsConnection_GetLastError(connection, &text);
        const auto* kind = status == NATS_NOT_PERMITTED ? "permission" : status == NATS_SLOW_CONSUMER ? "slow_consumer" : "other";
        relay.events.error(kind, text != nullptr && *text != '\0' ? text : natsStatus_GetText(status));
    }
};

void Connection::check(const Options& options) { make_options(options); }

std::shared_ptr<Connection> Connection::open(const Options& options, ConnectionEvents events, std::string& why) {
    const auto made = make_options(options);
    auto relay = std::make_shared<Relay>();
    relay->events = std::move(events);
    auto closure = std::make_unique<Relay::Handle>(relay);
    auto* raw = made.get();
    require(natsOptions_SetDisconnectedCB(raw, &Relay::on_lost, closure.get()), "events");
    require(natsOptions_SetReconnectedCB(raw, &Relay::on_connected, closure.get()), "events");
    require(natsOptions_SetClosedCB(raw, &Relay::on_closed, closure.get()), "events");
    require(natsOptions_SetErrorHandler(raw, &Relay::on_error, closure.get()), "events");
    require(natsOptions_SetRetryOnFailedConnect(raw, true, &Relay::on_connected, closure.get()), "events");

    natsConnection* connection = nullptr;
    const auto status = natsConnection_Connect(&connection, raw);
    if (status != NATS_OK) {
        const char* detail = nats_GetLastError(nullptr);
        why = detail != nullptr && *detail != '\0' ? detail : natsStatus_GetText(status);
        if (status != NATS_NOT_YET_CONNECTED) return nullptr;
    }
    closure.release();
    std::shared_ptr<Connection> opened(new Connection);
    opened->relay_ = relay;
    opened->connection_ = connection;
    if (status == NATS_OK) {  // of this one NATS.c does not tell
        const std::scoped_lock lock(relay->mutex);
        if (!relay->finished) relay->events.connected();
    }
    return opened;
}

void Connection::close() {
    {
        const std::scoped_lock lock(relay_->mutex);
        relay_->live = false;
    }
    natsConnection_Close(connection_);
}

Connection::~Connection() {
    close();
    {
        // Nothing depends on it but the memory: events are off already.
        std::unique_lock lock(relay_->mutex);
        relay_->done.wait_for(lock, seconds{2}, [this] { return relay_->finished; });
    }
    natsConnection_Destroy(connection_);
}

std::string Connection::server() const {
    char url[512];
    if (natsConnection_GetConnectedUrl(connection_, url, sizeof url) != NATS_OK) return {};
    std::string_view host(url);
    if (const auto scheme = host.find("://"); scheme != std::string_view::npos) host.remove_prefix(scheme + 3);
    if (const auto at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
    return std::string(host);
}

}  // namespace sonde::bus
