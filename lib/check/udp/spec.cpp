#include "lib/check/udp/spec.h"

#include "lib/check/hex.h"
#include "lib/check/host.h"

namespace sonde::check {
namespace {

constexpr std::size_t kMostBytes = 4096;

void read_hex(json::Reader& in, const char* field, std::string& target) {
    std::string text;
    if (!in.text(field, text, {.max = 3 * kMostBytes})) return;
    const auto bytes = from_hex(text);
    if (!bytes || bytes->size() > kMostBytes) return in.refuse(field, "must be pairs of hexadecimal digits, at most 4096 of them");
    target = std::move(text);
}

void read_pattern(json::Reader& in, UdpSpec& spec) {
    std::string text;
    if (!in.text("expect_matches", text, {.max = regex::kMaxPatternBytes}) || text.empty()) return;
    auto pattern = regex::Pattern::compile(text);
    if (!pattern) return in.refuse("expect_matches", pattern.error().message);
    spec.expect_matches = std::move(text);
    spec.pattern = std::move(*pattern);
}

}  // namespace

void read(UdpSpec& spec, json::Reader& in, json::Problems& /*problems*/) {
    in.require({"host", "port"});
    read_host(in, "host", spec.host);
    in.whole("port", spec.port, 1, 65535);
    in.text("send", spec.send, {.max = kMostBytes, .multi_line = true});
    read_hex(in, "send_hex", spec.send_hex);
    if (!spec.send.empty() && !spec.send_hex.empty()) in.refuse("send_hex", "cannot be sent besides `send`");
    in.text("expect", spec.expect, {.max = kMostBytes, .multi_line = true});
    read_hex(in, "expect_hex", spec.expect_hex);
    read_pattern(in, spec);
    in.whole("retries", spec.retries, 0, 10);
    in.duration_ms("wait_ms", spec.wait, milliseconds{50}, milliseconds{10000});
}

Json write(const UdpSpec& spec) {
    return {{"host", spec.host},
            {"port", spec.port},
            {"send", spec.send},
            {"send_hex", spec.send_hex},
            {"expect", spec.expect},
            {"expect_hex", spec.expect_hex},
            {"expect_matches", spec.expect_matches},
            {"retries", spec.retries},
            {"wait_ms", spec.wait.count()}};
}

Endpoint endpoint(const UdpSpec& spec) { return {spec.host, spec.port}; }

}  // namespace sonde::check
