#include "controlplane/api/incident/incident_input.h"

#include <algorithm>
#include <charconv>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/precondition.h"

namespace sonde::controlplane {
namespace {

using decision::Action;

constexpr json::TextRule kComment{.min = 1, .max = 4000, .multi_line = true};
constexpr json::TextRule kUpdate{.min = 1, .max = 4000, .multi_line = true};
constexpr json::TextRule kTitle{.min = 1, .max = 200};
constexpr json::TextRule kPostmortem{.min = 0, .max = 100'000, .multi_line = true};

std::vector<MonitorId> read_monitors(json::Reader& in) {
    std::vector<MonitorId> monitors;
    std::vector<std::string> texts;
    in.texts("monitors", texts, 200);
    for (const auto& text : texts) {
        const auto id = MonitorId::parse(text);
        if (!id) in.refuse("monitors", "must be identifiers of monitors");
        else if (std::find(monitors.begin(), monitors.end(), *id) != monitors.end()) in.refuse("monitors", "must name each monitor once");
        else monitors.push_back(*id);
    }
    return monitors;
}

decision::Opening read_opening(json::Reader& in) {
    decision::Opening opening;
    in.require({"site_id", "title"});
    in.id("site_id", opening.site);
    in.text("title", opening.title, kTitle);
    in.name("scope", opening.scope);
    auto severity = decision::Severity::critical;
    if (in.name("severity", severity)) opening.severity = severity;
    in.boolean("auto_resolve", opening.auto_resolve);
    opening.monitors = read_monitors(in);
    return opening;
}

decision::SeverityWish read_severity(json::Reader& in) {
    in.require({"severity"});
    std::string text;
    if (!in.text("severity", text)) return {};
    if (text == "auto") return {};
    const auto severity = from_name<decision::Severity>(text);
    if (!severity) in.refuse("severity", R"(must be one of "critical", "major", "minor", "auto")");
    return {severity};
}

decision::Assignment read_assignment(json::Reader& in) {
    decision::Assignment assignment;
    in.require({"to"});
    const auto* to = in.value("to");
    if (to != nullptr && !to->is_null()) in.text("to", assignment.to, {.min = 1, .max = 200});
    return assignment;
}

decision::UpdateDraft read_update(json::Reader& in) {
    decision::UpdateDraft update;
    in.require({"status", "text"});
    in.name("status", update.status);
    in.text("text", update.text, kUpdate);
    return update;
}

decision::PostmortemDraft read_postmortem(json::Reader& in) {
    decision::PostmortemDraft postmortem;
    in.require({"text"});
    in.text("text", postmortem.text, kPostmortem);
    in.text("root_cause", postmortem.root_cause, {.min = 0, .max = 4000, .multi_line = true});
    in.boolean("published", postmortem.published);
    return postmortem;
}

decision::Terms read_terms(Action action, json::Reader& in) {
    switch (action) {
        case Action::open: return read_opening(in);
        case Action::assign: return read_assignment(in);
        case Action::set_severity: return read_severity(in);
        case Action::set_title: {
            decision::Retitling title;
            in.require({"title"});
            in.text("title", title.title, kTitle);
            return title;
        }
        case Action::reopen: {
            bool wanted = false;
            return decision::Reopening{in.boolean("auto_resolve", wanted) ? std::optional(wanted) : std::nullopt};
        }
        case Action::publish_update:
        case Action::edit_update: return read_update(in);
        case Action::delete_update: return decision::UpdateDraft{};
        case Action::write_postmortem: return read_postmortem(in);
        case Action::acknowledge:
        case Action::unacknowledge:
        case Action::comment:
        case Action::resolve:
        case Action::escalate:  // notifiers ask for these two, and nobody else
        case Action::remind: break;
    }
    return {};
}

int number_in_path(const Call& call) {
    const auto& text = call.request.parameters.at("number");
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 1) not_found("there is no such public update");
    return number;
}

bool may_be_absent(Action action) {
    return action == Action::acknowledge || action == Action::unacknowledge || action == Action::resolve || action == Action::reopen ||
           action == Action::delete_update;
}

}  // namespace

decision::Command read_command(const Call& call, Action action) {
    decision::Command command{action, call.actor.name, {}, if_match_version(call.request)};
    command.may_edit_others = call.actor.permissions.has(Permission::incidents_moderate);
    json::Problems problems;
    const auto body = may_be_absent(action) ? read_optional_body(call) : read_body(call);
    json::Reader in(body, "", problems);
    if (action == Action::comment) in.require({"comment"});
    in.text("comment", command.comment, kComment);
    command.terms = read_terms(action, in);
    in.finish();
    refuse_if_any(problems);
    if (auto* update = std::get_if<decision::UpdateDraft>(&command.terms); update != nullptr && action != Action::publish_update) {
        update->number = number_in_path(call);
    }
    return command;
}

}  // namespace sonde::controlplane
