#include "lib/check/policy.h"

#include <fmt/format.h>

namespace sonde::check {
namespace {

void read_quorum(json::Reader& in, Quorum& quorum, json::Problems& problems) {
    const auto* value = in.value("quorum");
    if (value == nullptr) return;
    if (value->is_object()) {
        json::Reader inner(*value, in.pointer("quorum"), problems);
        inner.require({"at_least"});
        if (inner.whole("at_least", quorum.at_least, 1, 64)) quorum.rule = QuorumRule::at_least;
        inner.finish();
        return;
    }
    const auto rule = value->is_string() ? from_name<QuorumRule>(value->get_ref<const std::string&>()) : std::nullopt;
    if (!rule || *rule == QuorumRule::at_least) {
        in.refuse("quorum", R"(must be "majority", "all", "any" or {"at_least": n})");
        return;
    }
    quorum = {*rule, 0};
}

}  // namespace

Policy read_policy(const Json& document, std::string_view pointer, json::Problems& problems) {
    Policy policy;
    json::Reader in(document, std::string(pointer), problems);
    read_quorum(in, policy.quorum, problems);
    if (const auto* confirmation = in.object("confirmation")) {
        json::Reader inner(*confirmation, in.pointer("confirmation"), problems);
        inner.boolean("enabled", policy.confirm);
        inner.whole("attempts", policy.confirm_attempts, 1, 5);
        inner.duration_ms("delay_ms", policy.confirm_delay, milliseconds{100}, milliseconds{60'000});
        inner.finish();
    }
    in.whole("recovery_rounds", policy.recovery_rounds, 1, 10);
    in.whole("advisory_after", policy.advisory_after, 1, 20);
    in.finish();
    return policy;
}

Json write_policy(const Policy& policy) {
    Json document;
    if (policy.quorum.rule == QuorumRule::at_least) {
        document["quorum"] = {{"at_least", policy.quorum.at_least}};
    } else {
        document["quorum"] = name_of(policy.quorum.rule);
    }
    document["confirmation"] = {
        {"enabled", policy.confirm}, {"attempts", policy.confirm_attempts}, {"delay_ms", policy.confirm_delay.count()}};
    document["recovery_rounds"] = policy.recovery_rounds;
    document["advisory_after"] = policy.advisory_after;
    return document;
}

std::string describe(const Policy& policy) {
    const auto rule = policy.quorum.rule == QuorumRule::at_least ? fmt::format("at least {}", policy.quorum.at_least)
                                                                 : std::string(name_of(policy.quorum.rule));
    return fmt::format("{} of failure domains{}", rule, policy.confirm ? ", confirmed" : "");
}

}  // namespace sonde::check
