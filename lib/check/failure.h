// How a probe failed, and in which step.
#pragma once

#include <string>

#include "lib/check/verdict.h"

namespace sonde::check {

// The steps of a check that goes over a connection.
enum class Phase : unsigned char { none, resolve, connect, tls, first_byte, transfer };

// `none` means an answer was received, whatever it said.
struct Failure {
    FailureClass cause = FailureClass::none;
    std::string message;  // for people: what was being done, to what address, and the system's reason
    Phase phase = Phase::none;

    [[nodiscard]] explicit operator bool() const { return cause != FailureClass::none; }
};

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::Phase> {
    static constexpr std::array<std::string_view, 6> names{"none", "resolve", "connect", "tls", "first_byte", "transfer"};
};
