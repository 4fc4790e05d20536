#include "probe-agent/blackbox/exposition.h"

#include <fmt/format.h>

#include <algorithm>

#include "probe-agent/blackbox/verdict.h"

namespace sonde::agent::blackbox {
namespace {

// A value in quotes: what is no UTF-8 is replaced, since a scrape with it would be refused whole.
std::string escaped(const std::string& value) {
    std::string text;
    for (const char c : json::clean_utf8(value)) {
        if (c == '\\' || c == '"') text += '\\';
        if (c == '\n') {
            text += "\\n";
        } else {
            text += c;
        }
    }
    return text;
}

void add_address(const Outcome& outcome, Gauges& gauges) {
    // A proxy looks up what is behind it.
    if (outcome.module->spec.contains("proxy")) return;
    const auto& address = outcome.address;
    const int protocol = !address ? 0 : address->family == AF_INET6 ? 6 : 4;
    gauges.add("probe_ip_protocol", "IP version of the address that was probed, 0 if none was found.", protocol);
    gauges.add("probe_ip_addr_hash", "Hash of the address that was probed, to see that it changes.", address ? hash_of(*address) : 0);
}

}  // namespace

void Gauges::add(std::string_view name, std::string_view help, double value, const Labels& labels) {
    auto family = std::find_if(families_.begin(), families_.end(), [&](const Family& known) { return known.name == name; });
    if (family == families_.end()) family = families_.insert(family, {name, help, {}});
    std::string list;
    for (const auto& [label, of] : labels) list += fmt::format("{}{}=\"{}\"", list.empty() ? "" : ",", label, escaped(of));
    family->samples += list.empty() ? fmt::format("{} {}\n", name, value) : fmt::format("{}{{{}}} {}\n", name, list, value);
}

std::string Gauges::text() const {
    std::string text;
    for (const auto& family : families_) text += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n{2}", family.name, family.help, family.samples);
    return text;
}

std::uint32_t hash_of(const net::Address& address) {
    std::uint32_t hash = 0x811c9dc5U;
    for (int i = 0; i < (address.family == AF_INET6 ? 16 : 4); ++i) hash = (hash ^ address.bytes[i]) * 0x01000193U;
    return hash;
}

std::string write_metrics(const Outcome& outcome, const check::Judgement& judgement) {
    Gauges gauges;
    gauges.add("probe_success", "Whether the probe was a success.", judgement.verdict == check::Verdict::up ? 1 : 0);
    gauges.add("probe_duration_seconds", "How long the probe took.", in_seconds(outcome.duration));
    if (!outcome.module->spec.contains("proxy")) {
        gauges.add("probe_dns_lookup_time_seconds", "How long the look-up of the target's name took.", in_seconds(outcome.lookup));
    }
    add_address(outcome, gauges);
    switch (outcome.module->prober) {
        case Prober::http: add_http(outcome, gauges); break;
        case Prober::dns: add_dns(outcome, gauges); break;
        case Prober::icmp: add_icmp(outcome, gauges); break;
        case Prober::grpc: add_grpc(outcome, gauges); break;
        case Prober::tcp: break;
    }
    if (outcome.module->prober == Prober::http || outcome.module->prober == Prober::tcp) {
        gauges.add("probe_failed_due_to_regex", "Whether the probe failed for what a regular expression found or missed.",
                   is_failed_by_pattern(*outcome.module, judgement) ? 1 : 0);
    }
    if (outcome.seen.tls) add_tls(*outcome.seen.tls, gauges);
    return gauges.text();
}

}  // namespace sonde::agent::blackbox
