#include "notifier/core/wording.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/channel/escape.h"
#include "notifier/core/event.h"
#include "notifier/core/wording_digest.h"
#include "notifier/core/wording_incident.h"
#include "notifier/core/words.h"

namespace sonde::notifier {
namespace {

// `Shop / Checkout`.
std::string monitor_place(const Json& event) {
    const auto site = text_of(part_of(event, "site"), "name");
    const auto monitor = text_of(part_of(event, "monitor"), "name");
    return site.empty() ? monitor : fmt::format("{} / {}", site, monitor);
}

void fact(Notice& notice, std::string_view name, std::string value) {
    if (!value.empty()) notice.facts.push_back({std::string(name), std::move(value)});
}

void set(Notice& notice, Verb verb, Tone tone, std::string title, std::string text = {}) {
    notice.verb = verb;
    notice.tone = tone;
    notice.title = std::move(title);
    notice.text = std::move(text);
}

void word_advisory(EventKind kind, const Json& event, Notice& notice) {
    const auto& advisory = part_of(event, "advisory");
    const auto place = monitor_place(event);
    const auto seen = fmt::format("{} in {}", cause_words(text_of(advisory, "cause")), listed(texts_of(advisory, "regions")));
    fact(notice, "Regions", listed(texts_of(advisory, "regions")));
    fact(notice, "Since", instant_words(advisory, "opened_at"));
    const auto comment = text_of(event, "comment");
    switch (kind) {
        case EventKind::advisory_opened:
            return set(notice, Verb::open, Tone::minor, fmt::format("REGIONAL: {} — {}", place, seen), "Other regions reach it, so it does not count as down.");
        case EventKind::advisory_closed: {
            const auto after = time_between(advisory, "opened_at", "closed_at");
            return set(notice, Verb::resolve, Tone::good, fmt::format("REGIONAL, OVER{}: {}", after.empty() ? "" : " after " + after, place), comment);
        }
        case EventKind::advisory_acknowledged:
            return set(notice, Verb::acknowledge, Tone::minor, fmt::format("REGIONAL, ACKNOWLEDGED{}: {}", by_person(event), place), comment);
        case EventKind::advisory_muted:
            return set(notice, Verb::acknowledge, Tone::minor, fmt::format("REGIONAL, MUTED{}: {}", by_person(event), place), comment);
        default:
            return set(notice, Verb::update, Tone::minor, fmt::format("REGIONAL, CHANGED: {} — {}", place, seen), comment);
    }
}

void word_coverage(EventKind kind, const Json& event, Notice& notice) {
    const auto& coverage = part_of(event, "coverage");
    const auto region = text_of(coverage, "region");
    fact(notice, "Region", region);
    switch (kind) {
        case EventKind::coverage_lost:
            return set(notice, Verb::open, Tone::major, fmt::format("NO AGENT in region {}", region),
                       fmt::format("No agent has been seen since {}: nothing is checked from there.", instant_words(coverage, "since")));
        case EventKind::coverage_restored:
            return set(notice, Verb::resolve, Tone::good, fmt::format("AGENTS ARE BACK in region {}", region), "It is checked from there again.");
        case EventKind::coverage_missed:
            fact(notice, "Monitors", count_of(coverage, "monitors") > 0 ? fmt::format("{}", count_of(coverage, "monitors")) : "");
            return set(notice, Verb::open, Tone::major, fmt::format("CHECKS MISSED in region {}", region),
                       fmt::format("{} of {} checks were not made from {} to {}.", count_of(coverage, "missed"), count_of(coverage, "expected"),
                                   instant_words(coverage, "since"), instant_words(coverage, "until")));
        default:
            return set(notice, Verb::resolve, Tone::good, fmt::format("CHECKS ARE MADE AGAIN in region {}", region),
                       fmt::format("{} of {} were missed from {} to {}.", count_of(coverage, "missed"), count_of(coverage, "expected"),
                                   instant_words(coverage, "since"), instant_words(coverage, "until")));
    }
}

void word_region(EventKind kind, const Json& event, Notice& notice) {
    const auto& region = part_of(event, "region");
    const auto name = text_of(region, "name");
    fact(notice, "Region", name);
    if (kind == EventKind::region_released) {
        return set(notice, Verb::resolve, Tone::good, fmt::format("REGION {} COUNTS AGAIN", name), "It sees what the others see.");
    }
    auto text = fmt::format("{} began to fail there alone; it looks like the region's own trouble.", counted(count_of(region, "sites_alone"), "site", "sites"));
    if (count_of(region, "anchors_failing") > 0) text += fmt::format(" Of its {}, {} not answer.", counted(count_of(region, "anchors"), "anchor", "anchors"),
                                                                     count_of(region, "anchors_failing") == 1 ? "1 does" : fmt::format("{} do", count_of(region, "anchors_failing")));
    set(notice, Verb::open, Tone::minor, fmt::format("REGION {} DOES NOT COUNT for now", name), std::move(text));
}

void word_expiry(EventKind kind, const Json& event, Notice& notice) {
    const bool certificate = kind == EventKind::certificate_expiring;
    const auto& what = part_of(event, certificate ? "certificate" : "domain");
    const auto days = count_of(what, "days_left");
    fact(notice, certificate ? "Issuer" : "Registrar", text_of(what, certificate ? "issuer" : "registrar"));
    fact(notice, "Ends", instant_words(what, "ends_at"));
    const auto left = days == 0 ? std::string("today") : "in " + counted(days, "day", "days");
    const auto subject = certificate ? fmt::format("The certificate of {}", text_of(what, "subject")) : std::string("The registration of the domain");
    set(notice, Verb::info, days <= 7 ? Tone::major : Tone::minor,
        fmt::format("{} EXPIRES {}: {}", certificate ? "CERTIFICATE" : "DOMAIN", left, monitor_place(event)), subject + " has to be renewed.");
}

void word_maintenance(EventKind kind, const Json& event, Notice& notice) {
    const auto& window = part_of(event, "maintenance");
    const auto title = text_of(window, "title");
    const bool begun = kind == EventKind::maintenance_started;
    if (begun) fact(notice, "Until", instant_words(window, "ends_at"));
    set(notice, Verb::info, Tone::info, fmt::format("MAINTENANCE {}: {}", begun ? "HAS BEGUN" : "IS OVER", title), text_of(window, "description"));
}

// Of a monitor or a group: from what state to which.
void word_state(const Json& about, const std::string& place, Notice& notice) {
    const auto to = text_of(about, "to");
    const auto tone = to == "up" ? Tone::good : to == "down" ? Tone::major : to == "degraded" || to == "unknown" ? Tone::minor : Tone::info;
    set(notice, Verb::info, tone, fmt::format("{} is {}", place, to), text_of(about, "from").empty() ? "" : fmt::format("It was {}.", text_of(about, "from")));
}

void word_flapping(EventKind kind, const Json& event, Notice& notice) {
    const auto place = monitor_place(event);
    fact(notice, "Regions", listed(texts_of(event, "regions")));
    if (kind == EventKind::monitor_flapping_began) {
        set(notice, Verb::open, Tone::minor, fmt::format("FLAPPING: {}", place), "It goes up and down too often; it is told as one incident until it has been steady for a while.");
    } else {
        set(notice, Verb::resolve, Tone::good, fmt::format("NO LONGER FLAPPING: {}", place), "It has been steady for a while.");
    }
}

void word_group(const Json& event, Notice& notice) {
    const auto& group = part_of(event, "group");
    const auto site = text_of(part_of(event, "site"), "name");
    fact(notice, "Members", fmt::format("{} up, {} down of {}; {} needed", count_of(group, "up"), count_of(group, "down"), count_of(group, "members"), count_of(group, "needed")));
    word_state(group, fmt::format("{}{}", site.empty() ? "" : site + " / ", text_of(group, "name")), notice);
}

void word_drill(const Json& event, Notice& notice) {
    const auto& drill = part_of(event, "drill");
    fact(notice, "Began", instant_words(drill, "began_at"));
    set(notice, Verb::open, Tone::major, fmt::format("FIRE DRILL FAILED: {}", text_of(drill, "name")),
        fmt::format("A page would not get through: {}.", text_of(drill, "detail")));
}

// As the ledger orders them: the subject of the event, or the event itself.
std::string thread_of(const Json& event, std::string_view kind) {
    if (const auto id = text_of(part_of(event, "incident"), "id"); !id.empty()) return "incident:" + id;
    const auto family = std::string(kind.substr(0, kind.find('.')));
    constexpr std::pair<std::string_view, std::string_view> subjects[] = {{"advisory", "id"}, {"coverage", "region"}, {"maintenance", "id"}, {"group", "id"}, {"digest", "id"}, {"monitor", "id"}};
    for (const auto& [field, name] : subjects) {
        if (const auto id = text_of(part_of(event, field), name); !id.empty()) return family + ":" + id;
    }
    return "event:" + text_of(event, "id");
}

// Where the UI shows it.
std::string path_of(const Json& event) {
    if (const auto id = text_of(part_of(event, "incident"), "id"); !id.empty()) return "/incidents/" + channel::percent_encoded(id);
    if (const auto id = text_of(part_of(event, "monitor"), "id"); !id.empty()) return "/monitors/" + channel::percent_encoded(id);
    if (part_of(event, "digest").is_object()) return "/incidents";
    if (const auto id = text_of(part_of(event, "delivery"), "incident_id"); !id.empty()) return "/incidents/" + channel::percent_encoded(id);
    return {};
}

}  // namespace

Notice notice_of(const Json& event, std::string_view base_url) {
    Notice notice;
    const auto name = text_of(event, "kind");
    const auto kind = event_kind(name);
    switch (kind) {
        case EventKind::incident_opened:
        case EventKind::incident_updated:
        case EventKind::incident_acknowledged:
        case EventKind::incident_unacknowledged:
        case EventKind::incident_commented:
        case EventKind::incident_resolved:
        case EventKind::incident_severity_changed:
        case EventKind::incident_assigned:
        case EventKind::incident_reopened:
        case EventKind::incident_update_published:
        case EventKind::incident_update_edited:
        case EventKind::incident_update_deleted:
        case EventKind::incident_postmortem_published:
        case EventKind::incident_escalated:
        case EventKind::incident_reminder:
            word_incident(kind, event, notice);
            break;
        case EventKind::advisory_opened:
        case EventKind::advisory_closed:
        case EventKind::advisory_changed:
        case EventKind::advisory_acknowledged:
        case EventKind::advisory_muted:
            word_advisory(kind, event, notice);
            break;
        case EventKind::coverage_lost:
        case EventKind::coverage_restored:
        case EventKind::coverage_missed:
        case EventKind::coverage_resumed:
            word_coverage(kind, event, notice);
            break;
        case EventKind::region_quarantined:
        case EventKind::region_released:
            word_region(kind, event, notice);
            break;
        case EventKind::certificate_expiring:
        case EventKind::domain_expiring:
            word_expiry(kind, event, notice);
            break;
        case EventKind::maintenance_started:
        case EventKind::maintenance_ended:
            word_maintenance(kind, event, notice);
            break;
        case EventKind::monitor_flapping_began:
        case EventKind::monitor_flapping_ended:
            word_flapping(kind, event, notice);
            break;
        case EventKind::monitor_changed:
            word_state(part_of(event, "monitor"), monitor_place(event), notice);
            break;
        case EventKind::group_changed:
            word_group(event, notice);
            break;
        case EventKind::drill_failed:
            word_drill(event, notice);
            break;
        case EventKind::channel_test:
            set(notice, Verb::info, Tone::info, "TEST: this channel works", fmt::format("A test{} from Sonde. Nothing is wrong.", by_person(event).empty() ? "" : by_person(event)));
            break;
        case EventKind::channel_digest:
            word_digest(event, notice);
            break;
        case EventKind::delivery_dead:
            word_dead_letter(event, notice);
            break;
        case EventKind::other:
            set(notice, Verb::info, Tone::info, name.empty() ? "EVENT" : fmt::format("EVENT {}", name));
            break;
    }
    notice.thread = thread_of(event, name);
    if (!base_url.empty()) {
        if (const auto path = path_of(event); !path.empty()) notice.link = std::string(base_url) + path;
    }
    return notice;
}

}  // namespace sonde::notifier
