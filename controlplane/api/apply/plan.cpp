#include "controlplane/api/apply/plan.h"

#include <algorithm>

namespace sonde::controlplane::apply_api {
namespace {

// What the API calls `site_id`, and the number of an end of a dependency, are references to people.
std::string shown_field(const Step& step, const std::string& field) {
    if (field == "/site_id") return "/site";
    return step.kind == Kind::region && field == "/name" ? std::string{} : field;
}

Json present_step(const Step& step, const References& references) {
    Json document;
    document["action"] = name_of(step.action);
    document["kind"] = name_of(step.kind);
    document["key"] = step.key;
    document["id"] = step.identifier.empty() ? Json(nullptr) : Json(step.identifier);
    document["name"] = step.name;
    document["reason"] = step.reason;
    document["changes"] = Json::array();
    for (const auto& change : step.changes) {
        const auto field = shown_field(step, change.field);
        if (field.empty()) continue;
        document["changes"].push_back({{"field", field},
                                       {"old", masked(change.field, references.name_value(change.before))},
                                       {"new", masked(change.field, references.name_value(change.after))},
                                       {"by_hand", change.by_hand}});
    }
    return document;
}

}  // namespace

Desired desire(const Json& present, const Json& applied, const Json& patch, const Json& by_default) {
    const auto owned = fields_of(applied);
    const auto set = fields_of(patch);
    const bool none_given_up = std::all_of(owned.begin(), owned.end(), [&](const auto& field) { return set.contains(field.first); });
    auto merged = present;
    merge(merged, patch);
    if (none_given_up && merged == present) return {std::move(merged), true};
    auto document = present;
    const auto defaults = fields_of(by_default);
    for (const auto& [field, value] : fields_of(present)) {
        const auto fallback = defaults.find(field);
        if (owned.contains(field) || (fallback != defaults.end() && json::same_content(fallback->second, value))) remove_field(document, field);
    }
    merge(document, patch);
    return {std::move(document), false};
}

std::vector<Change> explain_changes(const Json& before, const Json& after, const Json& applied, const Json& patch) {
    auto changes = differences(before, after);
    const auto owned = fields_of(applied);
    const auto set = fields_of(patch);
    for (auto& change : changes) {
        const auto then = owned.find(change.field);
        const auto now = set.find(change.field);
        change.by_hand = then != owned.end() && now != set.end() && json::same_content(then->second, now->second);
    }
    return changes;
}

Json present(const Request& request, const Plan& plan, const References& references) {
    std::array<std::size_t, EnumNames<Action>::names.size()> count{};
    count.at(static_cast<std::size_t>(Action::unchanged)) = plan.unchanged;
    bool changes = false;
    Json steps = Json::array();
    for (const auto& step : plan.steps) {
        ++count.at(static_cast<std::size_t>(step.action));
        changes = changes || !step.changes.empty() || step.action == Action::create || step.action == Action::remove;
        steps.push_back(present_step(step, references));
    }
    Json summary;
    for (std::size_t i = 0; i < count.size(); ++i) summary[std::string(EnumNames<Action>::names.at(i))] = count.at(i);
    Json document;
    document["owner"] = request.owner;
    document["mode"] = name_of(request.mode);
    document["changes"] = changes;
    document["summary"] = std::move(summary);
    document["steps"] = std::move(steps);
    return document;
}

}  // namespace sonde::controlplane::apply_api
