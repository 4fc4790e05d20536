#include "probe-agent/probe/datagram_check.h"

#include <stdexcept>

namespace sonde::agent {

DatagramCheck::DatagramCheck(Network& network, std::shared_ptr<const Target> target, milliseconds timeout, Probe::Done done)
    : TimedCheck(network, std::move(target), timeout, std::move(done)), timer_(network.loop) {}

void DatagramCheck::look_up(const std::string& host, int family) {
    lookup_ = std::make_unique<Lookup>(network_, host, family, [this](Lookup::Found what) { found(std::move(what)); });
    lookup_->start();
}

void DatagramCheck::found(Lookup::Found found) {
    seen_.phases.resolve = found.resolve;
    lookup_.reset();
    if (found.failure) return fail(std::move(found.failure));
    reach(found.addresses.front());
}

bool DatagramCheck::listen(int fd) {
    try {
        poll_ = std::make_unique<uv::Poll>(network_.loop, fd, this, [](void* self, int, int, int) { static_cast<DatagramCheck*>(self)->readable(); });
        poll_->watch(UV_READABLE);
    } catch (const std::runtime_error& error) {
        fail({check::FailureClass::agent_error, error.what(), check::Phase::none});
        return false;
    }
    began_ = std::chrono::steady_clock::now();
    return true;
}

void DatagramCheck::listen_on() { poll_->watch(UV_READABLE); }

check::Failure DatagramCheck::overdue() {
    if (lookup_ == nullptr) return silent();
    auto late = lookup_->overdue(timeout());
    seen_.phases.resolve = late.resolve;
    return std::move(late.failure);
}

void DatagramCheck::release() {
    lookup_.reset();
    timer_.cancel();
    poll_.reset();
}

}  // namespace sonde::agent
