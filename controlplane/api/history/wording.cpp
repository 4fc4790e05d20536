#include "controlplane/api/history/wording.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/decision/reason.h"

namespace sonde::controlplane {
namespace {

struct Phrase {
    std::string_view reason;
    std::string_view text;
};

constexpr std::array kReasons{
    Phrase{"below_quorum", "fewer regions see it than the rule asks for, and the others are asked at once"},
    Phrase{"quorum_unconfirmed", "enough regions see it, but none has looked again yet, and they are asked at once"},
    Phrase{"confirmation_repeated", "the answers are not enough to decide by, and the regions are asked again"},
    Phrase{"confirmation_refuted", "those who were asked do not see it"},
    Phrase{"recheck_passed", "whoever saw it does not see it any more"},
    Phrase{"confirmation_unanswered", "nobody answered who was asked, and the next round decides"},
    Phrase{"first_quorum", "enough regions have seen it for the first time"},
    Phrase{"quorum_down", "enough regions see it down, and it was confirmed"},
    Phrase{"quorum_degraded", "enough regions see it degraded, and it was confirmed"},
    Phrase{"quorum_recovered", "enough rounds in a row were good"},
    Phrase{"too_few_voters", "too few regions have reported lately to say anything"},
    Phrase{"voters_returned", "enough regions report again"},
    Phrase{"minority_failing", "fewer regions than the rule asks for see it fail, round after round"},
    Phrase{"nobody_failing", "no region sees it fail any more"},
    Phrase{"became_incident", "more regions joined in, and the rule was met"},
    Phrase{"monitor_paused", "the monitor was paused"},
    Phrase{"monitor_disabled", "the monitor was disabled"},
    Phrase{"monitor_deleted", "the monitor was deleted"},
    Phrase{"site_inactive", "the site was set inactive"},
    Phrase{"site_deleted", "the site was deleted"},
    Phrase{"monitor_resumed", "the monitor is watched again"},
    Phrase{"monitor_edited", "the monitor was edited, and votes under another spec say nothing of it"},
    Phrase{"by_request", "somebody asked for it"},
    Phrase{"first_heartbeat", "the job was heard of for the first time"},
    Phrase{"heartbeat_late", "nothing was heard of the job by its deadline"},
    Phrase{"heartbeat_failed", "the job said that it failed"},
    Phrase{"heartbeat_recovered", "the job succeeded often enough since"},
    Phrase{"cause_changed", "most regions see another failure now"},
    Phrase{"severity_followed", "it follows the monitors that fail"},
    // What votes are worth, and regions that are judged.
    Phrase{"region_in_doubt", "the regions of one failure domain alone see it, and it waits until they are judged"},
    Phrase{"region_quarantined", "it was decided anew without the votes of a region that was found ill"},
    Phrase{"votes_recounted", "it was decided anew after a change of what votes are worth"},
    Phrase{"paging_region_down", "a region that is enough alone sees it down"},
    Phrase{"flapping_began", "it changed too often"},
    Phrase{"flapping_calmed", "it was good for long enough"},
    // What is not told, and what is told after all.
    Phrase{"maintenance_started", "a maintenance window began"},
    Phrase{"maintenance_ended", "the maintenance window ended"},
    Phrase{"in_maintenance", "it is in a maintenance window"},
    Phrase{"dependency_down", "what it depends on is down"},
    Phrase{"dependency_ended", "what it depends on is back, or it depends on it no longer, and it still fails"},
    Phrase{"parent_in_doubt", "what it depends on may be down, and that is looked at first"},
    Phrase{"group_speaks", "its group speaks for it"},
    Phrase{"quiet_ended", "no group speaks for it any longer"},
    Phrase{"minority_suppressed", "fewer regions than the rule asks for see it fail, and an advisory would be suppressed"},
    Phrase{"group_down", "fewer members are left than the group needs"},
    Phrase{"group_recovered", "enough members of the group are well again"},
    Phrase{"radius_changed", "more or fewer monitors are not told because of it"},
    Phrase{"expiry_near", "a threshold before its end was crossed"},
    Phrase{"nobody_acknowledged", "nobody had acknowledged it"},
    Phrase{"nobody_reached", "the step leads to nobody now"},
    Phrase{"still_open", "it was not over"},
    // What became of a single result.
    Phrase{"vote_counted", "it became the region's vote"},
    Phrase{"vote_superseded", "the region had voted by a newer one already"},
    Phrase{"vote_late", "it came when it was too old to count"},
    Phrase{"vote_from_stranger", "the region does not check this monitor"},
    Phrase{"agents_fault", "the agent could not check, which is not the target's fault"},
    Phrase{"not_watched", "the monitor was not watched"},
    Phrase{"nothing_due", "nothing was to be decided"},
    Phrase{"heartbeat_noted", "the job said nothing of how it is"},
    Phrase{"vote_of_old_spec", "it was checked by a spec that was edited since"},
    Phrase{"vote_excluded", "the monitor's policy does not count the region"},
    Phrase{"vote_quarantined", "the region is ill, and what it sees says nothing of the target"},
};

constexpr bool is_worded(std::string_view reason) {
    return std::any_of(kReasons.begin(), kReasons.end(), [&](const Phrase& phrase) { return phrase.reason == reason; });
}
constexpr const auto& kNames = EnumNames<decision::Reason>::names;
static_assert(std::all_of(kNames.begin(), kNames.end(), is_worded));

constexpr std::array<std::string_view, 9> kPlainFields{"region", "failure_domain", "verdict", "class", "slot", "attempt", "at", "fresh", "message"};

std::string with_spaces(std::string_view name) {
    std::string text(name);
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
}

std::string describe_asked(const Json& decision) {
    const auto asked = decision.find("asked");
    if (asked == decision.end() || !asked->is_array() || asked->empty()) return {};
    std::string text;
    for (const auto& ask : *asked) {
        text += fmt::format("{}{} (attempt {})", text.empty() ? " Asked: " : ", ", text_in(ask, "region"), ask.value("attempt", 0));
    }
    return text + ".";
}

// ` (maintenance "Patch day")`, or nothing.
std::string describe_cover(const Json& decision) {
    const auto found = decision.find("suppressed_by");
    if (found == decision.end() || !found->is_object()) return {};
    const auto name = text_in(*found, "name");
    const auto kind = text_in(*found, "kind");
    return name.empty() ? std::string{} : fmt::format(" ({} \"{}\")", kind.empty() ? text_in(*found, "cover") : kind, name);
}

std::string describe_expiry(const Json& decision, const std::string& why) {
    const auto found = decision.find("expiry");
    if (found == decision.end() || !found->is_object()) return fmt::format("It was told to end soon: {}.", why);
    const auto subject = text_in(*found, "subject");
    const auto of = subject.empty() ? std::string{} : fmt::format(" of {}", subject);
    return fmt::format("It was told that the {}{} ends at {}: {} (threshold {} days).", text_in(*found, "what"), of, text_in(*found, "ends_at"), why,
                       found->value("threshold_days", 0));
}

std::string said(const Json& data) {
    const auto comment = text_in(data, "comment");
    return comment.empty() ? std::string{} : fmt::format(": {}", comment);
}

// `"ops", "pager"`, and of those left out why.
std::string describe_targets(const Json& targets) {
    std::string text;
    for (const auto& target : targets) {
        const auto channel = text_in(target.value("channel", Json::object()), "name");
        const auto user = text_in(target.value("user", Json::object()), "name");
        const auto schedule = text_in(target.value("schedule", Json::object()), "name");
        text += text.empty() ? "" : ", ";
        if (!user.empty()) text += user;
        if (!schedule.empty()) text += fmt::format("{}on call in \"{}\"", user.empty() ? "" : ", ", schedule);
        if (!channel.empty()) text += fmt::format("{}\"{}\"", user.empty() ? "" : " by ", channel);
        if (const auto why = text_in(target, "why"); !why.empty()) text += fmt::format(" ({})", with_spaces(why));
    }
    return text;
}

std::string describe_step(const Json& data, const std::string& why) {
    const auto reached = describe_targets(data.value("targets", Json::array()));
    const auto left_out = describe_targets(data.value("left_out", Json::array()));
    return fmt::format("told {} by step {} of {} of the escalation \"{}\", round {} of {}, for {}{}.", reached.empty() ? "nobody" : reached, data.value("step", 0),
                       data.value("steps", 0), text_in(data.value("policy", Json::object()), "name"), data.value("round", 0), data.value("rounds", 0), why,
                       left_out.empty() ? "" : fmt::format("; not {}", left_out));
}

std::string or_nobody(const std::string& name) { return name.empty() ? "nobody" : name; }

}  // namespace

std::string text_in(const Json& object, std::string_view field) {
    if (!object.is_object()) return {};
    const auto found = object.find(field);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string describe_reason(std::string_view reason) {
    const auto* found = std::find_if(kReasons.begin(), kReasons.end(), [&](const Phrase& phrase) { return phrase.reason == reason; });
    return found != kReasons.end() ? std::string(found->text) : with_spaces(reason);
}

std::string mark_of(const Json& vote) {
    if (!vote.is_object()) return {};
    if (auto given = text_in(vote, "not_counted"); !given.empty()) return given;
    if (text_in(vote, "verdict") == "absent") return "absent";
    for (const auto& [field, value] : vote.items()) {
        if (std::find(kPlainFields.begin(), kPlainFields.end(), field) != kPlainFields.end()) continue;
        if (value.is_boolean() && value.get<bool>()) return field;
        if (field == "mark" && value.is_string()) return value.get<std::string>();
    }
    const auto fresh = vote.find("fresh");
    return fresh != vote.end() && *fresh == false ? "stale" : "";
}

Json with_marks(Json votes) {
    for (auto& vote : votes) {
        if (auto mark = mark_of(vote); !mark.empty() && vote.is_object()) vote["not_counted"] = std::move(mark);
    }
    return votes;
}

std::string describe_votes(const Json& votes) {
    std::string text;
    for (const auto& vote : votes) {
        if (!text.empty()) text += ", ";
        text += fmt::format("{}: {}", text_in(vote, "region"), text_in(vote, "verdict"));
        if (const auto cause = text_in(vote, "class"); !cause.empty() && cause != "none") text += fmt::format(" ({})", cause);
        const auto mark = mark_of(vote);
        if (mark == "stale") text += ", too old to count";
        else if (!mark.empty() && mark != "absent") text += fmt::format(", not counted: {}", with_spaces(mark));
    }
    return text.empty() ? "none" : text;
}

std::string describe_decision(const Json& decision) {
    const auto kind = text_in(decision, "kind");
    const auto why = describe_reason(text_in(decision, "reason"));
    const auto votes = decision.contains("votes") ? describe_votes(decision["votes"]) : "none";
    const auto asked = describe_asked(decision);
    if (kind == "transition") {
        const auto to = text_in(decision, "to");
        const bool joins = !text_in(decision, "incident_id").empty();
        // What was shown stays; it is about what is told.
        if (text_in(decision, "from") == to) return fmt::format("It stays {}{}, for {}. The votes: {}.", to, joins ? ", which is told now" : "", why, votes);
        // After a window it is told by a decision of its own.
        const bool is_told_apart = text_in(decision, "from") == "maintenance";
        const auto told = (to == "down" || to == "degraded") && !joins && !is_told_apart ? " No incident was opened for it." : "";
        return fmt::format("It went from {} to {}, for {}. The votes: {}.{}", text_in(decision, "from"), to, why, votes, told);
    }
    if (kind == "confirming") return fmt::format("Nobody was told yet, for {}. The votes: {}.{}", why, votes, asked);
    if (kind == "refuted") return fmt::format("Nobody was told, for {}. The votes: {}.", why, votes);
    if (kind == "advisory") return fmt::format("It was an advisory and no incident, for {}. The votes: {}.", why, votes);
    if (kind == "suppressed") return fmt::format("Nobody was told, for it was suppressed: {}{}. The votes: {}.", why, describe_cover(decision), votes);
    if (kind == "expiring") return describe_expiry(decision, why);
    return fmt::format("{}: {}. The votes: {}.", with_spaces(kind), why, votes);
}

std::string describe_entry(const Json& entry, std::string_view monitor) {
    const auto kind = text_in(entry, "kind");
    const auto actor = text_in(entry, "actor");
    const auto why = describe_reason(text_in(entry, "reason"));
    const Json& data = entry.contains("data") ? entry["data"] : entry;
    const auto change = fmt::format("from {} to {}", or_nobody(text_in(data, "from")), or_nobody(text_in(data, "to")));
    const bool by_engine = actor == "engine";
    if (kind == "opened" && by_engine) return fmt::format("The engine opened it for \"{}\": {}.", monitor, why);
    if (kind == "opened") return fmt::format("{} opened it by hand{}.", actor, said(data));
    if (kind == "monitor_joined") return fmt::format("\"{}\" joined: {}.", monitor, why);
    if (kind == "monitor_left") return fmt::format("\"{}\" left: {}.", monitor, why);
    if (kind == "cause_changed") return fmt::format("What is seen of \"{}\" changed {}.", monitor, change);
    if (kind == "severity_changed" && by_engine) return fmt::format("Its severity changed {}: {}.", change, why);
    if (kind == "severity_changed") return fmt::format("{} changed its severity {}{}.", actor, change, said(data));
    if (kind == "assigned") return fmt::format("{} assigned it {}{}.", actor, change, said(data));
    if (kind == "title_changed") return fmt::format("{} changed its title {}{}.", actor, change, said(data));
    if (kind == "flapping_began") return fmt::format("\"{}\" is flapping: {}.", monitor, why);
    if (kind == "flapping_ended") return fmt::format("\"{}\" is flapping no more: {}.", monitor, why);
    if (kind == "radius") {
        const auto affected = data.is_object() ? data.value("affected", Json::object()) : Json::object();
        return fmt::format("Not told because of it: {} monitors of {} sites.", affected.value("monitors", 0), affected.value("sites", 0));
    }
    if (kind == "escalated") return fmt::format("{} {}", actor, describe_step(data, why));
    if (kind == "reminded") return fmt::format("{} reminded of it, {} of {}: {}.", actor, data.value("number", 0), data.value("of", 0), why);
    if (kind == "resolved" && by_engine) return fmt::format("The engine resolved it: {}.", why);
    if (kind == "commented") return fmt::format("{} said{}", actor, said(data));
    if (kind == "update_published") return fmt::format("{} told the public ({}): {}", actor, text_in(data, "status"), text_in(data, "text"));
    if (kind == "update_edited") return fmt::format("{} changed what the public is told ({}): {}", actor, text_in(data, "status"), text_in(data, "text"));
    if (kind == "update_deleted") return fmt::format("{} took back public update {}{}.", actor, data.value("number", 0), said(data));
    if (kind == "postmortem_written") {
        return fmt::format("{} {} version {} of the postmortem.", actor, data.value("published", false) ? "published" : "wrote", data.value("version", 0));
    }
    return fmt::format("{} {} it{}.", actor, with_spaces(kind), said(data));
}

}  // namespace sonde::controlplane
