#include "lib/bus/inlet.h"

#include <fmt/format.h>

namespace sonde::bus {
namespace {

// Messages are bounded by what was asked for, so these limits are never met in order; without them NATS.c would drop at 65,536.
constexpr int kPendingMessages = 1 << 20;
constexpr int kPendingBytes = 512 << 20;

}  // namespace

// Lives until NATS.c has called for the last time, which may be after the inlet is gone.
struct Inlet::Shared {
    Turn turn;  // held during the handler; recursive, for a handler may destroy its inlet
    std::function<void(natsMsg*)> handler;
    bool closed = false;

    static void on_message(natsConnection*, natsSubscription*, natsMsg* raw, void* closure) {
        const Owned<natsMsg> message(raw);
        const auto shared = *static_cast<std::shared_ptr<Shared>*>(closure);
        const std::scoped_lock lock(*shared->turn);
        if (!shared->closed) shared->handler(message.get());
    }
    static void on_complete(void* closure) { delete static_cast<std::shared_ptr<Shared>*>(closure); }
};

Inlet::Inlet(std::function<void(natsMsg*)> handler, Turn turn)
    : shared_(std::make_shared<Shared>(Shared{std::move(turn), std::move(handler)})) {}

Inlet::~Inlet() {
    {
        const std::scoped_lock lock(*shared_->turn);
        shared_->closed = true;
    }
    detach();
}

Status Inlet::attach(natsConnection* connection, const std::string& subject) {
    detach();
    const std::scoped_lock lock(mutex_);
    auto closure = std::make_unique<std::shared_ptr<Shared>>(shared_);
    const auto status = natsConnection_Subscribe(&subscription_, connection, subject.c_str(), &Shared::on_message, closure.get());
    if (status != NATS_OK) return Error{fmt::format("subscribing to {}: {}", subject, natsStatus_GetText(status))};
    natsSubscription_SetPendingLimits(subscription_, kPendingMessages, kPendingBytes);
    // From here on it belongs to NATS.c. Should the connection have been closed this very moment, it is lost, not freed too early.
    natsSubscription_SetOnCompleteCB(subscription_, &Shared::on_complete, closure.release());
    return Done{};
}

void Inlet::detach() {
    natsSubscription* old = nullptr;
    {
        const std::scoped_lock lock(mutex_);
        std::swap(old, subscription_);
    }
    if (old != nullptr) natsSubscription_Destroy(old);
}

}  // namespace sonde::bus
