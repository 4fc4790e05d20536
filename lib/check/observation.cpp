#include "lib/check/observation.h"

namespace sonde::check {
namespace {

void add_facts(Json&, const std::monostate&, Depth) {}

template <class Facts>
void add_facts(Json& document, const Facts& facts, Depth depth) {
    document[Facts::name] = write(facts, depth == Depth::full);
}

}  // namespace

Json write_phases(const Phases& phases) {
    const auto ms = [](microseconds time) { return static_cast<double>(time.count()) / 1000; };
    return {{"resolve", ms(phases.resolve)},       {"connect", ms(phases.connect)},   {"tls", ms(phases.tls)},
            {"first_byte", ms(phases.first_byte)}, {"transfer", ms(phases.transfer)}, {"total", ms(phases.total)}};
}

Json write_observation(const Observation& observation, Depth depth) {
    Json document = Json::object();
    if (!observation.address.empty()) document["address"] = observation.address;
    if (observation.failure.phase != Phase::none) document["phase"] = name_of(observation.failure.phase);
    if (observation.tls) document["tls"] = write(*observation.tls, depth == Depth::full);
    std::visit([&](const auto& facts) { add_facts(document, facts, depth); }, observation.seen);
    return document;
}

int http_status_of(const Observation& observation) {
    const auto* http = observation.find<HttpFacts>();
    return http == nullptr ? 0 : http->status;
}

}  // namespace sonde::check
