// What a ping says of a job.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/enum_name.h"
#include "lib/json/json.h"

namespace sonde::check {

// `success` and `fail` end a run; `start` begins one; `log` leaves everything as it is.
enum class PingKind : unsigned char { success, start, fail, log };

constexpr bool is_finish(PingKind kind) { return kind == PingKind::success || kind == PingKind::fail; }

struct HeartbeatFacts {
    static constexpr const char* name = "heartbeat";
    static constexpr std::size_t kMostBody = 100'000;

    PingKind ping = PingKind::success;
    std::optional<int> exit_code;  // 0 to 255, where it was reported by that
    std::string run;               // `rid`: which start a finish belongs to; empty if not told
    std::string peer;              // who pinged
    std::string said;              // in a word, as the push form has it
    std::string body;              // the first kMostBody bytes
    std::int64_t body_bytes = 0;   // all there were
};

// Brief: the first KiB of the body. Full: all that is kept.
Json write(const HeartbeatFacts& facts, bool full);

// Of a ping that was written, what decides.
struct PingMark {
    PingKind ping = PingKind::success;
    std::string run;
};

// From a result's `detail`; nothing if it is not of a ping.
std::optional<PingMark> read_ping_mark(const Json& detail);

// 1 to 64 of `A-Z a-z 0-9 . _ -`.
bool is_run_id(std::string_view text);

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::PingKind> {
    static constexpr std::array<std::string_view, 4> names{"success", "start", "fail", "log"};
};
