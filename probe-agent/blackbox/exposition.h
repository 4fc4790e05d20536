// The metrics of one probe, under blackbox_exporter's names and in its units (Prometheus text format 0.0.4).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/check/judgement.h"
#include "probe-agent/blackbox/outcome.h"

namespace sonde::agent::blackbox {

// Gauges, in the order in which their families were first named.
class Gauges {
public:
    using Labels = std::vector<std::pair<std::string_view, std::string>>;

    void add(std::string_view name, std::string_view help, double value, const Labels& labels = {});
    [[nodiscard]] std::string text() const;

private:
    struct Family {
        std::string_view name;
        std::string_view help;
        std::string samples;
    };
    std::vector<Family> families_;
};

// What cannot be known is left out, but for what blackbox_exporter has as 0 when there was no answer. Pure.
std::string write_metrics(const Outcome& outcome, const check::Judgement& judgement);

// As blackbox_exporter does: FNV-1a of 32 bits over the bytes of the address.
std::uint32_t hash_of(const net::Address& address);

// Prometheus counts in seconds.
inline double in_seconds(std::chrono::microseconds duration) { return std::chrono::duration<double>(duration).count(); }

// The parts of it that come from one kind's facts.
void add_http(const Outcome& outcome, Gauges& gauges);
void add_dns(const Outcome& outcome, Gauges& gauges);
void add_icmp(const Outcome& outcome, Gauges& gauges);
void add_grpc(const Outcome& outcome, Gauges& gauges);
void add_tls(const check::TlsFacts& tls, Gauges& gauges);

}  // namespace sonde::agent::blackbox
