// Sends the checks the core asked for to the regions' urgent streams. Losing one is no harm: the core asks again.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "incident-engine/holdings.h"
#include "incident-engine/metrics.h"
#include "incident-engine/writes.h"
#include "lib/bus/bus.h"
#include "lib/crypto/crypto.h"
#include "lib/db/db.h"
#include "lib/message/job.h"

namespace sonde::engine {

using JobTemplates = std::unordered_map<MonitorId, message::JobTemplate>;

// The jobs' fixed parts, as defined now, of the monitors in `asking`; with the secrets that their specs name.
JobTemplates load_templates(db::Tx& tx, const crypto::SecretBox& secrets, std::span<const Asking> asking);

class Confirmations {
public:
    // `on_missing(region)` is called on a NATS thread when a region has no urgent stream.
    Confirmations(bus::Bus& bus, Metrics& metrics, std::function<void(std::string)> on_missing);
    // What is published and not answered yet is not heard of any more. `on_missing` is not called after it.
    ~Confirmations();
    Confirmations(const Confirmations&) = delete;
    Confirmations& operator=(const Confirmations&) = delete;

    // Publishes without waiting.
    void send(std::span<const Asking> asking, const JobTemplates& templates, const Regions& regions);

private:
    void publish(const std::string& region, message::JobBatchWriter& batch);

    bus::Bus& bus_;
    Metrics& metrics_;
    struct Answers;
    std::shared_ptr<Answers> answers_;  // outlives us with what is under way
};

}  // namespace sonde::engine
