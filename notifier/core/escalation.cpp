#include "notifier/core/escalation.h"

#include <set>
#include <stdexcept>

namespace sonde::notifier {
namespace {

Json stored(const std::string& text) {
    auto document = json::parse(text);
    if (!document) throw std::runtime_error("a stored escalation " + document.error().message);
    return *std::move(document);
}

// Why a channel is not reached; nothing if it is.
std::string_view obstacle(const Reachable& channel) {
    if (channel.muted) return "muted";
    return channel.enabled ? "" : "channel_disabled";
}

template <class AnyId>
Json named(AnyId id, const std::string& name) {
    return {{"id", id.text()}, {"name", name}};
}

// Whom a step reaches. What is gone is passed over.
class Reach {
public:
    explicit Reach(const Directory& directory) : directory_(directory) {}

    void channel(ChannelId id, Json through) {
        const auto found = directory_.channels.find(id);
        if (found == directory_.channels.end() || !seen_.insert(id).second) return;
        Json target{{"channel", named(id, found->second.name)}};
        target.update(through);
        const auto why = obstacle(found->second);
        why.empty() ? targets.push_back(std::move(target)) : leave_out(std::move(target), why);
    }

    void user(UserId id, Json through) {
        const auto found = directory_.people.find(id);
        if (found == directory_.people.end()) return;
        Json whose{{"user", named(id, found->second.name)}};
        whose.update(through);
        if (found->second.disabled) return leave_out(std::move(whose), "user_disabled");
        if (found->second.channels.empty()) return leave_out(std::move(whose), "no_channels");
        for (const auto one : found->second.channels) channel(one, whose);
    }

    void schedule(ScheduleId id) {
        const auto found = directory_.schedules.find(id);
        if (found == directory_.schedules.end()) return;
        const auto& now = found->second;
        Json by{{"schedule", named(id, now.name)}};
        if (!now.user) return leave_out(std::move(by), "nobody_on_call");
        if (now.substitute) by["override_id"] = now.substitute.text();
        else by["layer"] = now.layer;
        user(now.user, std::move(by));
    }

    Json targets = Json::array();
    Json left_out = Json::array();

private:
    void leave_out(Json target, std::string_view why) {
        target["why"] = why;
        left_out.push_back(std::move(target));
    }

    const Directory& directory_;
    std::set<ChannelId> seen_;
};

template <class AnyId>
void read_ids(const Json& step, const char* field, std::vector<AnyId>& ids) {
    for (const auto& number : step.at(field)) ids.push_back(AnyId{number.get<std::int64_t>()});
}

}  // namespace

std::optional<Brings> bring(const Escalation& escalation, int brought, const Directory& directory) {
    const auto count = static_cast<int>(escalation.steps.size());
    const int of = count * (escalation.repeat + 1);
    if (brought >= of) return std::nullopt;
    const int place = brought % count;
    const auto& step = escalation.steps[static_cast<std::size_t>(place)];

    Reach reach(directory);
    for (const auto channel : step.channels) reach.channel(channel, Json::object());
    for (const auto user : step.users) reach.user(user, Json::object());
    for (const auto schedule : step.schedules) reach.schedule(schedule);
    const bool reached = !reach.targets.empty();
    Json next;
    if (brought + 1 < of) {
        const bool begins_a_round = place + 1 == count;
        const auto after = begins_a_round ? escalation.repeat_after : reached ? escalation.steps[static_cast<std::size_t>(place) + 1].after : milliseconds{0};
        next = after.count();
    }
    return Brings{{{"policy", {{"id", escalation.id.text()}, {"name", escalation.name}}}, {"step", place + 1}, {"steps", count}, {"round", brought / count + 1},
                   {"rounds", escalation.repeat + 1}, {"number", brought + 1}, {"of", of}, {"next_after_ms", std::move(next)}, {"targets", std::move(reach.targets)},
                   {"left_out", std::move(reach.left_out)}},
                  reached};
}

Escalation read_stored_escalation(EscalationId id, std::string name, const std::string& steps, const std::string& repeat) {
    Escalation escalation{.id = id, .name = std::move(name), .steps = {}};
    for (const auto& one : stored(steps)) {
        EscalationStep step{.after = milliseconds{one.at("after_ms").get<std::int64_t>()}};
        read_ids(one, "channels", step.channels);
        read_ids(one, "users", step.users);
        read_ids(one, "schedules", step.schedules);
        escalation.steps.push_back(std::move(step));
    }
    const auto again = stored(repeat);
    escalation.repeat = again.at("times").get<int>();
    escalation.repeat_after = milliseconds{again.at("after_ms").get<std::int64_t>()};
    return escalation;
}

}  // namespace sonde::notifier
