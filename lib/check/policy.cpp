#include "lib/check/policy.h"

#include <fmt/format.h>

#include <algorithm>

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

constexpr std::size_t kMostRegions = 64;
constexpr std::size_t kLongestName = 32;

void read_regions(json::Reader& in, std::string_view field, std::vector<std::string>& regions) {
    const auto* items = in.array(field, kMostRegions);
    if (items == nullptr) return;
    std::vector<std::string> names;
    for (const auto& item : *items) {
        const auto* name = item.is_string() ? &item.get_ref<const std::string&>() : nullptr;
        if (name == nullptr || name->empty() || name->size() > kLongestName) return in.refuse(field, "must be names of regions");
        names.push_back(*name);
    }
    std::sort(names.begin(), names.end());
    if (std::adjacent_find(names.begin(), names.end()) != names.end()) return in.refuse(field, "names a region twice");
    regions = std::move(names);
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::binary_search(names.begin(), names.end(), name);
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
    if (const auto* flapping = in.object("flapping")) {
        json::Reader inner(*flapping, in.pointer("flapping"), problems);
        inner.boolean("enabled", policy.flapping.enabled);
        inner.whole("changes", policy.flapping.changes, 3, 20);
        inner.duration_ms("window_ms", policy.flapping.window, std::chrono::minutes{1}, std::chrono::hours{24});
        inner.duration_ms("calm_ms", policy.flapping.calm, std::chrono::seconds{10}, std::chrono::hours{24});
        inner.finish();
    }
    read_regions(in, "page_on", policy.page_on);
    read_regions(in, "exclude", policy.exclude);
    for (const auto& region : policy.exclude) {
        if (contains(policy.page_on, region)) in.refuse("exclude", fmt::format("region \"{}\" is in page_on as well", region));
    }
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
    const auto& flapping = policy.flapping;
    document["flapping"] = {{"enabled", flapping.enabled}, {"changes", flapping.changes}, {"window_ms", flapping.window.count()}, {"calm_ms", flapping.calm.count()}};
    document["page_on"] = policy.page_on;
    document["exclude"] = policy.exclude;
    return document;
}

RegionVote vote_of(const Policy& policy, std::string_view region) {
    if (contains(policy.page_on, region)) return RegionVote::page;
    return contains(policy.exclude, region) ? RegionVote::exclude : RegionVote::count;
}

void set_vote(Policy& policy, const std::string& region, RegionVote vote) {
    for (auto* names : {&policy.page_on, &policy.exclude}) std::erase(*names, region);
    if (vote == RegionVote::count) return;
    auto& names = vote == RegionVote::page ? policy.page_on : policy.exclude;
    names.insert(std::lower_bound(names.begin(), names.end(), region), region);
}

std::string describe(const Policy& policy) {
    const auto rule = policy.quorum.rule == QuorumRule::at_least ? fmt::format("at least {}", policy.quorum.at_least)
                                                                 : std::string(name_of(policy.quorum.rule));
    auto text = fmt::format("{} of failure domains{}", rule, policy.confirm ? ", confirmed" : "");
    if (!policy.page_on.empty()) text += fmt::format("; enough alone: {}", fmt::join(policy.page_on, ", "));
    if (!policy.exclude.empty()) text += fmt::format("; not counted: {}", fmt::join(policy.exclude, ", "));
    return text;
}

}  // namespace sonde::check
