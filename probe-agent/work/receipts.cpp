#include "probe-agent/work/receipts.h"

namespace sonde::agent {
namespace {

std::string key_of(const std::string& stream, const bus::Delivery& delivery) {
    return stream + '/' + std::to_string(delivery.stream_sequence);
}

}  // namespace

Receipts::Receipts(uv::Loop& loop, bus::Bus& bus) : bus_(bus), still_at_it_(loop) {
    still_at_it_.every(kStillAtIt, [this] {
        for (const auto& [receipt, open] : open_) bus_.in_progress(open.delivery);
    });
}

std::optional<ReceiptId> Receipts::open(const std::string& stream, bus::Delivery delivery, int jobs) {
    delivery.payload.clear();
    auto key = key_of(stream, delivery);
    // A sequence number is used again only if the stream was made anew; then the message is in its first delivery.
    if (const auto known = by_message_.find(key); known != by_message_.end() && delivery.times_delivered > 1) {
        open_[known->second].delivery = std::move(delivery);  // the newest delivery is the one to acknowledge
        return std::nullopt;
    }
    const auto receipt = ++last_;
    by_message_[std::move(key)] = receipt;
    open_[receipt] = {stream, std::move(delivery), jobs, false};
    return receipt;
}

void Receipts::settle(ReceiptId receipt, int jobs) { close(receipt, jobs, false); }
void Receipts::lose(ReceiptId receipt, int jobs) { close(receipt, jobs, true); }

void Receipts::close(ReceiptId receipt, int jobs, bool lost) {
    const auto found = open_.find(receipt);
    if (found == open_.end()) return;
    auto& open = found->second;
    open.lost = open.lost || lost;
    open.unsettled -= jobs;
    if (open.unsettled > 0) return;
    if (open.lost) {
        bus_.not_now(open.delivery, milliseconds{0});
    } else {
        bus_.ack(open.delivery);
    }
    const auto key = key_of(open.stream, open.delivery);
    if (const auto known = by_message_.find(key); known != by_message_.end() && known->second == receipt)
        by_message_.erase(known);
    open_.erase(found);
}

void Receipts::give_back() {
    for (const auto& [receipt, open] : open_) bus_.not_now(open.delivery, milliseconds{0});
    open_.clear();
    by_message_.clear();
}

}  // namespace sonde::agent
