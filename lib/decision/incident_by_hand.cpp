// What people do to incidents, and what time brings.
#include <algorithm>

#include "lib/decision/incident_step.h"

namespace sonde::decision {
namespace {

struct Hand {
    const Command& command;
    const IncidentEvent& event;
    IncidentDecision decision;

    IncidentDecision ends(CommandOutcome outcome, Refusal refusal = Refusal::none) {
        decision.outcome = outcome;
        decision.refusal = refusal;
        return std::move(decision);
    }
    IncidentDecision conflicts(Refusal refusal) { return ends(CommandOutcome::conflict, refusal); }
    IncidentDecision unchanged() { return ends(CommandOutcome::unchanged); }
    IncidentDecision done(Told told) {
        decision.told = told;
        return ends(CommandOutcome::done);
    }
    void enter(TimelineKind kind, Json details = {}) {
        decision::enter(decision, kind, command.actor, std::nullopt, Reason::by_request, command.comment, std::move(details));
    }
    [[nodiscard]] bool is_resolved() const { return decision.next->state == IncidentState::resolved; }
    // Nothing if the command lacks what its action needs.
    template <class T>
    const T* terms() const { return std::get_if<T>(&command.terms); }
};

Json maybe_text(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

// What fails already, and was in no incident since a person resolved it, is in this one from now on.
void take_in_failing(Hand& hand) {
    for (const auto& joins : hand.event.around.failing) {
        take_in(*hand.decision.next, joins, hand.event.now);
        enter(hand.decision, TimelineKind::monitor_joined, kEngine, joins.monitor, joins.reason);
    }
}

IncidentDecision open(Hand hand, const Opening& opening) {
    const auto& around = hand.event.around;
    if (hand.decision.next) return hand.conflicts(Refusal::exists_already);
    if (!around.site_there) return hand.conflicts(Refusal::site_is_gone);
    if (around.other_open) return hand.conflicts(Refusal::another_is_open);
    if (around.named.size() != opening.monitors.size()) return hand.conflicts(Refusal::no_such_monitor);
    auto& incident = hand.decision.next.emplace();
    incident.id = hand.event.fresh_id;
    incident.site = opening.site;
    incident.scope = opening.scope;
    incident.title = opening.title;
    incident.failing_since = incident.opened_at = hand.event.now;
    incident.opened_by = hand.command.actor;
    incident.auto_resolve = opening.auto_resolve;
    incident.severity_pinned = opening.severity.has_value();
    for (const auto& named : around.named) {
        incident.members.push_back({.monitor = named.monitor, .name = named.name, .cause = {}, .joined_at = hand.event.now, .left_at = {},
                                    .severity = named.severity, .regions = {}, .named = true, .told = {}});
    }
    for (const auto& joins : around.failing) incident.failing_since = std::min(incident.failing_since, joins.failing_since);
    std::optional<Severity> worst = opening.severity;
    if (!worst) {
        for (const auto& named : around.named) worst = std::min(worst.value_or(named.severity), named.severity);
        for (const auto& joins : around.failing) worst = std::min(worst.value_or(joins.severity), joins.severity);
    }
    incident.severity = incident.worst_severity = worst.value_or(Severity::critical);
    Json monitors = Json::array();
    for (const auto& named : around.named) monitors.push_back(named.monitor.text());
    hand.enter(TimelineKind::opened, {{"severity", name_of(incident.severity)}, {"monitors", std::move(monitors)}});
    take_in_failing(hand);
    return hand.done(Told::opened);
}

IncidentDecision reopen(Hand hand, const Reopening& reopening) {
    auto& incident = *hand.decision.next;
    const auto& around = hand.event.around;
    if (!hand.is_resolved()) return hand.unchanged();
    if (!around.site_there) return hand.conflicts(Refusal::site_is_gone);
    if (around.other_open) return hand.conflicts(Refusal::another_is_open);
    if (hand.event.now > *incident.resolved_at + around.reopen_within) return hand.conflicts(Refusal::too_late);
    incident.state = IncidentState::open;
    incident.acknowledged_at.reset();
    incident.acknowledged_by.clear();
    incident.resolved_at.reset();
    incident.resolved_by.clear();
    incident.reopened_at = hand.event.now;
    ++incident.reopened;
    incident.auto_resolve = reopening.auto_resolve.value_or(!around.failing.empty());
    hand.enter(TimelineKind::reopened);
    take_in_failing(hand);
    follow_severity(hand.decision);
    return hand.done(Told::reopened);
}

IncidentDecision acknowledge(Hand hand) {
    auto& incident = *hand.decision.next;
    if (hand.is_resolved()) return hand.conflicts(Refusal::is_resolved);
    if (incident.state == IncidentState::acknowledged) return hand.unchanged();
    incident.state = IncidentState::acknowledged;
    incident.acknowledged_at = hand.event.now;
    incident.acknowledged_by = hand.command.actor;
    hand.enter(TimelineKind::acknowledged);
    return hand.done(Told::acknowledged);
}

IncidentDecision unacknowledge(Hand hand) {
    auto& incident = *hand.decision.next;
    if (hand.is_resolved()) return hand.conflicts(Refusal::is_resolved);
    if (incident.state == IncidentState::open) return hand.unchanged();
    incident.state = IncidentState::open;
    incident.acknowledged_at.reset();
    incident.acknowledged_by.clear();
    hand.enter(TimelineKind::unacknowledged);
    return hand.done(Told::unacknowledged);
}

IncidentDecision assign(Hand hand, const Assignment& assignment) {
    auto& incident = *hand.decision.next;
    if (hand.is_resolved()) return hand.conflicts(Refusal::is_resolved);
    if (incident.assigned_to == assignment.to) return hand.unchanged();
    Json details{{"from", maybe_text(incident.assigned_to)}, {"to", maybe_text(assignment.to)}};
    incident.assigned_to = assignment.to;
    hand.enter(TimelineKind::assigned, std::move(details));
    return hand.done(Told::assigned);
}

IncidentDecision set_severity(Hand hand, const SeverityWish& wish) {
    auto& incident = *hand.decision.next;
    if (hand.is_resolved()) return hand.conflicts(Refusal::is_resolved);
    if (!wish.severity) {
        if (!incident.severity_pinned) return hand.unchanged();
        incident.severity_pinned = false;
        hand.enter(TimelineKind::severity_changed, {{"from", name_of(incident.severity)}, {"to", "auto"}});
        follow_severity(hand.decision);
        return hand.done(Told::severity_changed);
    }
    if (incident.severity_pinned && incident.severity == *wish.severity) return hand.unchanged();
    const auto was = incident.severity;
    incident.severity = *wish.severity;
    incident.severity_pinned = true;
    incident.worst_severity = std::min(incident.worst_severity, incident.severity);
    hand.enter(TimelineKind::severity_changed, {{"from", name_of(was)}, {"to", name_of(incident.severity)}});
    return hand.done(Told::severity_changed);
}

IncidentDecision set_title(Hand hand, const Retitling& retitling) {
    auto& incident = *hand.decision.next;
    if (incident.title == retitling.title) return hand.unchanged();
    Json details{{"from", incident.title}, {"to", retitling.title}};
    incident.title = retitling.title;
    hand.enter(TimelineKind::title_changed, std::move(details));
    return hand.done(Told::updated);
}

Json details_of(const PublicUpdate& update) {
    return {{"number", update.number}, {"status", name_of(update.status)}, {"text", update.text}};
}

IncidentDecision publish(Hand hand, const UpdateDraft& draft) {
    auto& updates = hand.decision.next->updates;
    if (updates.size() >= kMostUpdates) return hand.conflicts(Refusal::too_many_updates);
    updates.push_back({static_cast<int>(updates.size()) + 1, draft.status, draft.text, hand.command.actor, hand.event.now, {}, {}});
    hand.enter(TimelineKind::update_published, details_of(updates.back()));
    return hand.done(Told::update_published);
}

IncidentDecision change_update(Hand hand, const UpdateDraft& draft) {
    auto& updates = hand.decision.next->updates;
    const bool there = draft.number >= 1 && static_cast<std::size_t>(draft.number) <= updates.size();
    if (!there || updates[static_cast<std::size_t>(draft.number) - 1].deleted_at) {
        return hand.ends(CommandOutcome::not_found, Refusal::no_such_update);
    }
    auto& update = updates[static_cast<std::size_t>(draft.number) - 1];
    if (update.author != hand.command.actor && !hand.command.may_edit_others) return hand.ends(CommandOutcome::forbidden, Refusal::not_the_author);
    if (hand.command.action == Action::delete_update) {
        update.deleted_at = hand.event.now;
        hand.enter(TimelineKind::update_deleted, details_of(update));
        return hand.done(Told::update_deleted);
    }
    if (update.status == draft.status && update.text == draft.text) return hand.unchanged();
    Json details = details_of(update);
    details["from"] = {{"status", name_of(update.status)}, {"text", update.text}};
    details["status"] = name_of(draft.status);
    details["text"] = draft.text;
    update.status = draft.status;
    update.text = draft.text;
    update.edited_at = hand.event.now;
    hand.enter(TimelineKind::update_edited, std::move(details));
    return hand.done(Told::update_edited);
}

IncidentDecision write_postmortem(Hand hand, const PostmortemDraft& draft) {
    auto& postmortem = hand.decision.next->postmortem;
    if (draft.published && !hand.is_resolved()) return hand.conflicts(Refusal::is_not_resolved);
    if (postmortem && postmortem->text == draft.text && postmortem->root_cause == draft.root_cause && postmortem->published == draft.published) {
        return hand.unchanged();
    }
    const int version = postmortem ? postmortem->version + 1 : 1;
    postmortem = Postmortem{version, draft.text, draft.root_cause, draft.published, hand.command.actor, hand.event.now};
    hand.enter(TimelineKind::postmortem_written, {{"version", version}, {"published", draft.published}});
    if (draft.published) return hand.done(Told::postmortem_published);
    return hand.ends(CommandOutcome::done);
}

// It was acknowledged or resolved while this was on its way: then it is not due any more.
std::optional<Refusal> not_due(const Hand& hand, bool while_acknowledged) {
    if (hand.is_resolved()) return Refusal::is_resolved;
    if (hand.decision.next->state == IncidentState::acknowledged && !while_acknowledged) return Refusal::is_acknowledged;
    return std::nullopt;
}

IncidentDecision escalate(Hand hand, const Due& due) {
    if (const auto why = not_due(hand, due.while_acknowledged)) return hand.conflicts(*why);
    enter(hand.decision, TimelineKind::escalated, hand.command.actor, std::nullopt, due.reached ? Reason::nobody_acknowledged : Reason::nobody_reached, {}, due.details);
    return hand.done(Told::escalated);
}

IncidentDecision remind(Hand hand, const Due& due) {
    if (const auto why = not_due(hand, due.while_acknowledged)) return hand.conflicts(*why);
    const auto& incident = *hand.decision.next;
    auto details = due.details;
    details["lasts_seconds"] = std::chrono::duration_cast<seconds>(hand.event.now - incident.failing_since).count();
    details["failing"] = std::count_if(incident.members.begin(), incident.members.end(), [](const Member& one) { return !one.left_at; });
    enter(hand.decision, TimelineKind::reminded, hand.command.actor, std::nullopt, Reason::still_open, {}, std::move(details));
    return hand.done(Told::reminder);
}

IncidentDecision by_action(Hand hand) {
    switch (hand.command.action) {
        case Action::acknowledge: return acknowledge(std::move(hand));
        case Action::unacknowledge: return unacknowledge(std::move(hand));
        case Action::comment:
            hand.enter(TimelineKind::commented);
            return hand.done(Told::commented);
        case Action::resolve:
            if (hand.is_resolved()) return hand.unchanged();
            resolve(hand.decision, hand.event.now, hand.command.actor, Reason::by_request, hand.command.comment);
            return hand.ends(CommandOutcome::done);
        case Action::assign:
            if (const auto* terms = hand.terms<Assignment>()) return assign(std::move(hand), *terms);
            break;
        case Action::set_severity:
            if (const auto* terms = hand.terms<SeverityWish>()) return set_severity(std::move(hand), *terms);
            break;
        case Action::set_title:
            if (const auto* terms = hand.terms<Retitling>()) return set_title(std::move(hand), *terms);
            break;
        case Action::reopen:
            if (const auto* terms = hand.terms<Reopening>()) return reopen(std::move(hand), *terms);
            return reopen(std::move(hand), {});
        case Action::publish_update:
            if (const auto* terms = hand.terms<UpdateDraft>()) return publish(std::move(hand), *terms);
            break;
        case Action::edit_update:
        case Action::delete_update:
            if (const auto* terms = hand.terms<UpdateDraft>()) return change_update(std::move(hand), *terms);
            break;
        case Action::write_postmortem:
            if (const auto* terms = hand.terms<PostmortemDraft>()) return write_postmortem(std::move(hand), *terms);
            break;
        case Action::escalate:
            if (const auto* terms = hand.terms<Due>()) return escalate(std::move(hand), *terms);
            break;
        case Action::remind:
            if (const auto* terms = hand.terms<Due>()) return remind(std::move(hand), *terms);
            break;
        case Action::open: break;  // was asked before
    }
    return hand.conflicts(Refusal::unreadable);
}

}  // namespace

IncidentDecision carry_out(std::optional<Incident> named, const Command& command, const IncidentEvent& event) {
    Hand hand{command, event, {}};
    hand.decision.next = std::move(named);
    if (command.action == Action::open) {
        const auto* opening = hand.terms<Opening>();
        return opening != nullptr ? open(std::move(hand), *opening) : hand.conflicts(Refusal::unreadable);
    }
    if (!hand.decision.next) return hand.ends(CommandOutcome::not_found);
    if (command.if_version && *command.if_version != hand.decision.next->version) return hand.ends(CommandOutcome::stale);
    return by_action(std::move(hand));
}

}  // namespace sonde::decision
