#include "incident-engine/parking.h"

#include "lib/log/log.h"
#include "lib/message/subject.h"

namespace sonde::engine {
namespace {

constexpr std::chrono::minutes kQuiet{1};

// `sonde.v1.results.<shard>.<region>`
std::string_view region_of(std::string_view subject) { return subject.substr(subject.rfind('.') + 1); }

}  // namespace

std::optional<Opened> Parking::open(Parcel parcel) {
    const std::string region(region_of(parcel.delivery.subject));
    if (!message::subject::is_region_name(region) || parcel.delivery.subject != message::subject::results(parcel.shard, region)) {
        park(parcel.delivery, "the subject names no region");
        return std::nullopt;
    }
    auto batch = message::read_result_batch(parcel.delivery.payload);
    if (!batch) {
        park(parcel.delivery, batch.error().message);
        return std::nullopt;
    }
    return Opened{std::move(parcel), region, *std::move(batch)};
}

void Parking::park(const bus::Delivery& delivery, std::string_view why) {
    ++unsaid_;
    if (const auto now = std::chrono::steady_clock::now(); now >= quiet_until_) {
        log::warning("message_parked", "subject", delivery.subject, "why", why, "since_last_said", unsaid_);
        quiet_until_ = now + kQuiet;
        unsaid_ = 0;
    }
    // The copy first. Without it the message stays where it is and comes again.
    auto ended = delivery;
    ended.payload.clear();
    bus_.publish_to_stream(message::subject::parked("engine"), delivery.payload,
                           [bus = &bus_, counter = &metrics_.parked, ended = std::move(ended)](bus::PublishOutcome outcome) {
                               if (outcome != bus::PublishOutcome::accepted) return;
                               bus->terminate(ended);
                               counter->add();
                           });
}

}  // namespace sonde::engine
