#include "lib/check/time_needed.h"

namespace sonde::check {
namespace {

template <class AnySpec>
milliseconds needed(const AnySpec& /*spec*/) {
    return milliseconds{0};
}

milliseconds needed(const PingSpec& spec) { return spec.interval * (spec.packets - 1) + spec.wait; }

milliseconds needed(const UdpSpec& spec) { return spec.wait * (spec.retries + 1); }

}  // namespace

milliseconds time_needed(const Spec& spec) {
    return std::visit([](const auto& of_kind) { return needed(of_kind); }, spec);
}

}  // namespace sonde::check
