#include "controlplane/admission/gatekeeper.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "lib/admission/claims.h"
#include "lib/admission/store.h"
#include "lib/db/lease.h"
#include "lib/log/log.h"

namespace sonde::gate {
namespace {

constexpr metrics::Family kTold{"sonde_admission_told_total", "Times that the servers of the bus were told who may use it, by outcome: taken, refused, unanswered, failed."};
constexpr metrics::Family kLast{"sonde_admission_told_last_time_seconds", "When a server of the bus last confirmed that it was told, since the epoch."};
constexpr metrics::Family kUntold{"sonde_admission_untold", "Keys that are revoked, and of which no server has confirmed that it was told."};

constexpr std::string_view kLeaseName = "task/admission";
constexpr milliseconds kLease{15'000};
constexpr std::string_view kInbox = "_INBOX.gatekeeper";

enum class Outcome : unsigned char { taken, refused, unanswered };

}  // namespace

struct Gatekeeper::Impl {
    Impl(GatekeeperOptions given, const admission::BusKeys& given_keys, bus::Options given_bus, Secret given_dsn, db::Pool& given_pool, metrics::Registry& given_registry)
        : options(std::move(given)),
          keys(given_keys),
          dsn(std::move(given_dsn)),
          pool(given_pool),
          registry(given_registry),
          leases(pool, options.owner, kLease),
          bus(bus::Bus::connect(identified(std::move(given_bus)), own_registry)) {}

    bus::Options identified(bus::Options bus_options) const;
    void run();
    void look();
    Outcome tell(const std::string& token);
    void note(Outcome outcome, const admission::Claims& claims, const std::vector<db::Lease>& held);
    void nudge() {
        {
            const std::scoped_lock lock(mutex);
            nudged = true;
        }
        wakes.notify_all();
    }

    const GatekeeperOptions options;
    const admission::BusKeys& keys;
    const Secret dsn;
    db::Pool& pool;
    metrics::Registry& registry;
    metrics::Registry own_registry;  // the connection's own: there is another of the same names
    db::Leases leases;
    std::unique_ptr<bus::Bus> bus;

    std::mutex mutex;  // of what follows
    std::condition_variable wakes;
    bool stopping = false;
    bool nudged = false;

    bool silent = false;   // the thread's: the last time was in vain
    bool failing = false;  // likewise, because of the database
    std::unique_ptr<db::Listener> listener;
    std::thread thread;
};

bus::Options Gatekeeper::Impl::identified(bus::Options bus_options) const {
    const auto key = crypto::SigningKey::random();
    bus_options.user.clear();
    bus_options.password = Secret{};
    bus_options.credentials_file.clear();
    bus_options.client_name = "sonde-controlplane gatekeeper " + options.owner;
    bus_options.inbox_prefix = kInbox;
    bus_options.identity = bus::Identity{
        admission::gatekeeper_token(keys, admission::public_text(admission::KeyKind::user, key), kInbox, wall_now()),
        [key](std::string_view nonce) { return key.sign(nonce); }};
    return bus_options;
}

void Gatekeeper::Impl::run() {
    for (;;) {
        {
            std::unique_lock lock(mutex);
            if (stopping) return;
            nudged = false;
        }
        try {
            look();
            if (std::exchange(failing, false)) log::info("admission_recovered");
        } catch (const std::exception& error) {
            registry.counter(kTold, {{"outcome", "failed"}}).add();
            if (!std::exchange(failing, true)) log::error("admission_failed", "error", error.what());
        }
        std::unique_lock lock(mutex);
        wakes.wait_for(lock, options.every, [this] { return stopping || nudged; });
    }
}

void Gatekeeper::Impl::look() {
    const auto held = leases.keep({std::string(kLeaseName)});
    if (held.empty()) return;
    const auto claims = pool.transact([&](db::Tx& tx) {
        leases.fence(tx, held);
        return admission::settle(tx, keys);
    });
    registry.gauge(kUntold).set(static_cast<double>(claims.untold.size()));
    note(tell(claims.token), claims, held);
}

Outcome Gatekeeper::Impl::tell(const std::string& token) {
    auto answered = std::make_shared<std::promise<Outcome>>();
    auto answer = answered->get_future();
    bus->request(admission::update_subject(keys), token, options.answer_within, [answered](const std::optional<bus::Delivery>& delivery) {
        const auto outcome = !delivery ? Outcome::unanswered : admission::was_taken(delivery->payload) ? Outcome::taken : Outcome::refused;
        answered->set_value(outcome);
    });
    return answer.get();  // every request is answered or given up in time
}

void Gatekeeper::Impl::note(Outcome outcome, const admission::Claims& claims, const std::vector<db::Lease>& held) {
    constexpr std::string_view kNames[] = {"taken", "refused", "unanswered"};
    registry.counter(kTold, {{"outcome", std::string(kNames[static_cast<std::size_t>(outcome)])}}).add();
    if (outcome != Outcome::taken) {
        if (!std::exchange(silent, true)) {
            log::warning("admission_not_told", "outcome", kNames[static_cast<std::size_t>(outcome)], "revoked_keys_waiting", claims.untold.size());
        }
        return;
    }
    registry.gauge(kLast).set(std::chrono::duration<double>(wall_now().time_since_epoch()).count());
    if (std::exchange(silent, false)) log::info("admission_told_again");
    if (claims.untold.empty()) return;
    pool.transact([&](db::Tx& tx) {
        leases.fence(tx, held);
        admission::note_told(tx, claims.untold);
    });
    registry.gauge(kUntold).set(0);
    for (const auto& key : claims.untold) log::info("agent_key_cut_off", "public_key", key);
}

Gatekeeper::Gatekeeper(GatekeeperOptions options, const admission::BusKeys& keys, bus::Options bus, Secret dsn, db::Pool& pool, metrics::Registry& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), keys, std::move(bus), std::move(dsn), pool, metrics)) {}

Gatekeeper::~Gatekeeper() { stop(); }

void Gatekeeper::start() {
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
    // Also after each new connection: something may have been missed.
    impl_->listener = std::make_unique<db::Listener>(impl_->dsn, std::vector<std::string>{"sonde_admission"}, [impl = impl_.get()](std::string_view) { impl->nudge(); });
}

void Gatekeeper::stop() {
    impl_->listener.reset();
    {
        const std::scoped_lock lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->wakes.notify_all();
    if (!impl_->thread.joinable()) return;
    impl_->thread.join();
    try {
        impl_->leases.release({std::string(kLeaseName)});
    } catch (const std::exception& error) {
        log::debug("admission_lease_kept", "error", error.what());  // it ends by itself
    }
}

}  // namespace sonde::gate
