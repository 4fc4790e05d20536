#include "notifier/core/wording_incident.h"

#include <fmt/format.h>

#include <algorithm>

#include "notifier/core/words.h"

namespace sonde::notifier {
namespace {

constexpr std::size_t kMostSightings = 3;

Tone tone_of(std::string_view severity) {
    if (severity == "critical") return Tone::critical;
    return severity == "minor" ? Tone::minor : Tone::major;
}

// Those that have not left, or all if every one has.
std::vector<const Json*> members(const Json& incident) {
    std::vector<const Json*> all, still;
    const auto& monitors = part_of(incident, "monitors");
    if (!monitors.is_array()) return all;
    for (const auto& monitor : monitors) {
        all.push_back(&monitor);
        if (part_of(monitor, "left_at").is_null()) still.push_back(&monitor);
    }
    return still.empty() ? all : still;
}

bool is_by_hand(const Json& incident) { return !person(text_of(incident, "opened_by")).empty(); }

// `Shop / Orders stand`: the site, and what somebody calls it.
std::string called(const Json& event, const Json& incident) {
    const auto site = text_of(part_of(event, "site"), "name");
    const auto title = text_of(incident, "title");
    return site.empty() || title.empty() ? site + title : fmt::format("{} / {}", site, title);
}

// `Shop / Checkout`, or the site alone where it is about several of its monitors.
std::string where(const Json& event, const Json& incident) {
    const auto site = text_of(part_of(event, "site"), "name");
    const auto monitors = members(incident);
    if (site.empty() || (monitors.empty() && is_by_hand(incident))) return called(event, incident);
    return monitors.size() == 1 ? fmt::format("{} / {}", site, text_of(*monitors[0], "name")) : site;
}

// ` — connection refused in eu, us`; of several monitors how many there are, of none nothing.
std::string what(const Json& event, const Json& incident) {
    const auto monitors = members(incident);
    if (monitors.empty()) return {};
    auto words = " — " + (monitors.size() == 1 ? cause_words(text_of(*monitors[0], "cause"))
                                               : counted(static_cast<std::int64_t>(monitors.size()), "monitor is failing", "monitors are failing"));
    if (const auto regions = texts_of(event, "regions"); !regions.empty()) words += " in " + listed(regions);
    return words;
}

// What the regions saw, the same words once.
std::vector<std::string> sightings(const Json& event) {
    std::vector<std::pair<std::string, std::vector<std::string>>> seen;
    const auto& votes = part_of(event, "votes");
    if (!votes.is_array()) return {};
    for (const auto& vote : votes) {
        const auto verdict = text_of(vote, "verdict");
        const auto message = text_of(vote, "message");
        if (message.empty() || (verdict != "down" && verdict != "degraded") || !part_of(vote, "standing").is_null()) continue;
        const auto same = std::find_if(seen.begin(), seen.end(), [&](const auto& one) { return one.first == message; });
        if (same != seen.end()) {
            same->second.push_back(text_of(vote, "region"));
        } else if (seen.size() < kMostSightings) {
            seen.push_back({message, {text_of(vote, "region")}});
        }
    }
    std::vector<std::string> lines;
    for (const auto& [message, regions] : seen) lines.push_back(fmt::format("{}: {}", listed(regions), message));
    return lines;
}

void add(Notice& notice, std::string_view name, std::string value) {
    if (!value.empty()) notice.facts.push_back({std::string(name), std::move(value)});
}

void add_facts(const Json& event, const Json& incident, Notice& notice) {
    add(notice, "Severity", text_of(incident, "severity"));
    std::vector<std::string> names;
    for (const auto* monitor : members(incident)) names.push_back(fmt::format("{} ({})", text_of(*monitor, "name"), cause_words(text_of(*monitor, "cause"))));
    add(notice, names.size() == 1 ? "Monitor" : "Monitors", listed(names));
    add(notice, "Regions", listed(texts_of(event, "regions")));
    add(notice, "Failing since", instant_words(incident, "failing_since"));
    if (const auto& affected = part_of(incident, "affected"); affected.is_object()) {
        add(notice, "Also affected", fmt::format("{} of {}", counted(count_of(affected, "monitors"), "monitor", "monitors"), counted(count_of(affected, "sites"), "site", "sites")));
    }
    add(notice, "Assigned to", text_of(incident, "assigned_to"));
}

std::string comment_of(const Json& incident) {
    const auto comment = text_of(incident, "comment");
    return comment.empty() ? "" : fmt::format("“{}”", comment);
}

std::string joined(std::initializer_list<std::string> sentences) {
    std::string text;
    for (const auto& sentence : sentences) {
        if (!sentence.empty()) text += (text.empty() ? "" : " ") + sentence;
    }
    return text;
}

void word_update(EventKind kind, const Json& event, const Json& incident, const std::string& place, Notice& notice) {
    const auto& update = part_of(incident, "update");
    const auto status = text_of(update, "status");
    notice.text = text_of(update, "text");
    if (kind == EventKind::incident_update_published) {
        notice.title = fmt::format("PUBLIC UPDATE ({}): {}", status, place);
    } else if (kind == EventKind::incident_update_edited) {
        notice.title = fmt::format("PUBLIC UPDATE EDITED{} ({}): {}", by_person(event), status, place);
    } else {
        notice.title = fmt::format("PUBLIC UPDATE WITHDRAWN{}: {}", by_person(event), place);
    }
}

// How long it lasts, by its own document.
std::string lasting(const Json& event, const Json& incident) {
    return time_between({{"since", text_of(incident, "failing_since")}, {"at", text_of(event, "at")}}, "since", "at");
}

void word_step(const Json& event, const Json& incident, const std::string& place, Notice& notice) {
    const auto& step = part_of(incident, "escalation");
    const auto since = lasting(event, incident);
    notice.verb = Verb::open;
    notice.title = fmt::format("ESCALATED: {}{}", place, what(event, incident));
    notice.text = fmt::format("Nobody has acknowledged it{}.", since.empty() ? "" : fmt::format(", {} after it began", since));
    const auto& targets = part_of(step, "targets");
    if (targets.is_array() && targets.empty()) notice.text += " This step leads to nobody.";
    add(notice, "Escalation", fmt::format("{}, step {} of {}", text_of(part_of(step, "policy"), "name"), count_of(step, "step"), count_of(step, "steps")));
}

void word_reminder(const Json& event, const Json& incident, const std::string& place, Notice& notice) {
    const auto& reminder = part_of(incident, "reminder");
    const auto since = lasting(event, incident);
    notice.title = fmt::format("STILL {}{}: {}{}", text_of(incident, "scope") == "warning" ? "FAILING" : "DOWN", since.empty() ? "" : " for " + since, place, what(event, incident));
    notice.text = fmt::format("Reminder {} of {}.", count_of(reminder, "number"), count_of(reminder, "of"));
}

void word_change(const Json& event, const Json& incident, const std::string& place, Notice& notice) {
    const auto& change = part_of(incident, "change");
    const auto from = text_of(change, "from");
    const auto to = text_of(change, "to");
    notice.title = fmt::format("UPDATE: {}{}", place, what(event, incident));
    if (!from.empty() && !to.empty()) notice.text = fmt::format("Was “{}”, is now “{}”.", cause_words(from), cause_words(to));
}

}  // namespace

void word_incident(EventKind kind, const Json& event, Notice& notice) {
    const auto& incident = part_of(event, "incident");
    const auto place = where(event, incident);
    const auto severity = text_of(incident, "severity");
    const bool by_hand = is_by_hand(incident);
    const auto after = time_between(incident, "failing_since", "resolved_at");
    const bool over = text_of(incident, "state") == "resolved";
    notice.tone = over ? Tone::good : tone_of(severity);
    notice.verb = over ? Verb::info : Verb::update;
    add_facts(event, incident, notice);
    switch (kind) {
        case EventKind::incident_opened:
            notice.verb = Verb::open;
            notice.title = by_hand ? fmt::format("INCIDENT: {}", called(event, incident))
                                   : fmt::format("{}: {}{}", text_of(incident, "scope") == "warning" ? "WARNING" : "DOWN", place, what(event, incident));
            notice.text = joined({by_hand ? fmt::format("Opened{}.", by_person(event)) : "", comment_of(incident), fmt::format("{}", fmt::join(sightings(event), "\n"))});
            return;
        case EventKind::incident_reopened:
            notice.verb = Verb::open;
            notice.title = fmt::format("REOPENED{}: {}", by_person(event), place);
            notice.text = comment_of(incident);
            return;
        case EventKind::incident_resolved:
            notice.verb = Verb::resolve;
            notice.title = after.empty() ? fmt::format("RESOLVED: {}", place) : fmt::format("RESOLVED after {}: {}", after, place);
            notice.text = by_person(event).empty() ? "It works again." : joined({fmt::format("Resolved{}.", by_person(event)), comment_of(incident)});
            return;
        case EventKind::incident_acknowledged:
            notice.verb = over ? Verb::info : Verb::acknowledge;
            notice.title = fmt::format("ACKNOWLEDGED{}: {}", by_person(event), place);
            notice.text = comment_of(incident);
            return;
        case EventKind::incident_unacknowledged:
            notice.title = fmt::format("NO LONGER ACKNOWLEDGED: {}", place);
            notice.text = joined({by_person(event).empty() ? "" : fmt::format("Taken back{}.", by_person(event)), comment_of(incident)});
            return;
        case EventKind::incident_commented:
            notice.title = fmt::format("COMMENT{}: {}", by_person(event), place);
            notice.text = text_of(incident, "comment");
            return;
        case EventKind::incident_severity_changed: {
            const auto to = text_of(part_of(incident, "change"), "to");
            notice.title = fmt::format("SEVERITY is now {}: {}", severity, place);
            notice.text = joined({fmt::format("It was {}{}.", text_of(part_of(incident, "change"), "from"), to == "auto" ? " and follows the monitors again" : ""), comment_of(incident)});
            return;
        }
        case EventKind::incident_assigned: {
            const auto to = text_of(incident, "assigned_to");
            notice.title = to.empty() ? fmt::format("NOBODY'S: {}", place) : fmt::format("ASSIGNED to {}: {}", to, place);
            notice.text = joined({by_person(event).empty() ? "" : fmt::format("Assigned{}.", by_person(event)), comment_of(incident)});
            if (to.empty()) notice.text = joined({fmt::format("No longer assigned to {}.", text_of(part_of(incident, "change"), "from")), comment_of(incident)});
            return;
        }
        case EventKind::incident_update_published:
        case EventKind::incident_update_edited:
        case EventKind::incident_update_deleted:
            return word_update(kind, event, incident, place, notice);
        case EventKind::incident_postmortem_published:
            notice.verb = Verb::info;
            notice.tone = Tone::info;
            notice.title = fmt::format("POSTMORTEM: {}", place);
            notice.text = fmt::format("What happened can be read now (version {}).", count_of(part_of(incident, "postmortem"), "version"));
            return;
        case EventKind::incident_escalated:
            return word_step(event, incident, place, notice);
        case EventKind::incident_reminder:
            return word_reminder(event, incident, place, notice);
        default:
            return word_change(event, incident, place, notice);
    }
}

}  // namespace sonde::notifier
