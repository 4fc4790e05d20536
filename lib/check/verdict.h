// What an observation means under a spec. Closed enums: the API, the database, metrics and grouping all use these names.
#pragma once

#include <string_view>

#include "lib/base/enum_name.h"

namespace sonde::check {

enum class Verdict : unsigned char { up, degraded, down, unknown };

// Why a check failed. The numbers are stored in `result.failure_class`: append only, never reorder.
enum class FailureClass : unsigned char {
    none,
    dns_nxdomain,
    dns_servfail,
    dns_timeout,
    dns_mismatch,
    connect_refused,
    connect_timeout,
    unreachable,
    reset,
    tls_handshake,
    tls_expired,
    tls_untrusted,
    tls_hostname,
    http_status,
    http_protocol,
    body_mismatch,
    assertion,
    too_slow,
    timeout_total,
    too_many_redirects,
    body_too_large,
    blocked_address,
    heartbeat_late,
    heartbeat_failed,
    // Never a target's fault: these make a verdict `unknown`, not `down`.
    agent_overload,
    agent_offline,
    agent_error,
};

constexpr bool is_agents_fault(FailureClass cause) { return cause >= FailureClass::agent_overload; }

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::Verdict> {
    static constexpr std::array<std::string_view, 4> names{"up", "degraded", "down", "unknown"};
};

template <>
struct sonde::EnumNames<sonde::check::FailureClass> {
    static constexpr std::array<std::string_view, 27> names{
        "none",           "dns_nxdomain",   "dns_servfail",    "dns_timeout",   "dns_mismatch",       "connect_refused",
        "connect_timeout", "unreachable",   "reset",           "tls_handshake", "tls_expired",        "tls_untrusted",
        "tls_hostname",   "http_status",    "http_protocol",   "body_mismatch", "assertion",          "too_slow",
        "timeout_total",  "too_many_redirects", "body_too_large", "blocked_address", "heartbeat_late", "heartbeat_failed",
        "agent_overload", "agent_offline",  "agent_error"};
};

static_assert(sonde::EnumNames<sonde::check::FailureClass>::names.size() ==
              static_cast<std::size_t>(sonde::check::FailureClass::agent_error) + 1);
