#include "notifier/core/supersede.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

namespace supersede_test {

using namespace sonde;
using namespace sonde::notifier;
using enum EventKind;

namespace {

constexpr EventKind kOfIncidents[] = {incident_opened,         incident_updated,   incident_acknowledged,
                                      incident_unacknowledged, incident_commented, incident_resolved};

}  // namespace

TEST_CASE("a resolution makes everything before it old, and nothing makes a resolution old") {
    for (const auto kind : kOfIncidents) {
        CAPTURE(name_of(kind));
        if (kind == incident_resolved) {
            CHECK(!supersede(kind, {std::begin(kOfIncidents), std::end(kOfIncidents)}));
        } else {
            CHECK(supersede(kind, {incident_resolved}) == Reason::resolved_since);
            CHECK(supersede(kind, {incident_commented, incident_resolved, incident_updated}) == Reason::resolved_since);
            CHECK(!supersede(kind, {}));
        }
    }
}

TEST_CASE("an opening is not made old by an acknowledgement, an update or a comment") {
    CHECK(!supersede(incident_opened, {incident_acknowledged, incident_updated, incident_commented, incident_unacknowledged}));
}

TEST_CASE("of updates and of acknowledgements only the last counts; every comment does") {
    CHECK(supersede(incident_updated, {incident_updated}) == Reason::updated_since);
    CHECK(!supersede(incident_updated, {incident_acknowledged, incident_commented}));
    CHECK(supersede(incident_acknowledged, {incident_unacknowledged}) == Reason::acknowledgement_changed_since);
    CHECK(supersede(incident_unacknowledged, {incident_acknowledged}) == Reason::acknowledgement_changed_since);
    CHECK(!supersede(incident_acknowledged, {incident_updated, incident_commented}));
    CHECK(!supersede(incident_commented, {incident_commented, incident_updated}));
}

TEST_CASE("advisories, coverage and monitors have their own last words") {
    CHECK(supersede(advisory_opened, {advisory_closed}) == Reason::closed_since);
    CHECK(!supersede(advisory_closed, {advisory_opened}));
    CHECK(supersede(coverage_lost, {coverage_restored}) == Reason::coverage_changed_since);
    CHECK(supersede(coverage_restored, {coverage_lost}) == Reason::coverage_changed_since);
    CHECK(supersede(coverage_missed, {coverage_resumed}) == Reason::coverage_changed_since);
    CHECK(supersede(coverage_resumed, {coverage_missed}) == Reason::coverage_changed_since);
    CHECK(!supersede(coverage_missed, {coverage_lost, coverage_restored}));
    CHECK(supersede(monitor_changed, {monitor_changed}) == Reason::monitor_changed_since);
    CHECK(supersede(group_changed, {group_changed}) == Reason::group_changed_since);
    CHECK(supersede(maintenance_started, {maintenance_ended}) == Reason::maintenance_ended_since);
    CHECK(!supersede(maintenance_ended, {maintenance_started, maintenance_ended}));
    CHECK(!supersede(channel_test, {channel_test}));
    CHECK(!supersede(other, {other, incident_resolved}));
}

TEST_CASE("a step or a reminder is old when somebody has acknowledged, or when a later one came") {
    for (const auto kind : {incident_escalated, incident_reminder}) {
        CHECK(!supersede(kind, {incident_updated, incident_commented, incident_unacknowledged}));
        CHECK(supersede(kind, {incident_acknowledged}) == Reason::acknowledgement_changed_since);
        CHECK(supersede(kind, {incident_resolved, incident_acknowledged}) == Reason::resolved_since);
        CHECK(supersede(kind, {kind}) == Reason::updated_since);
    }
    CHECK(!supersede(incident_opened, {incident_escalated, incident_reminder}));
}

// A channel of one incident: events come and attempts succeed or fail in any order; the first that is neither sent nor dropped is
// attempted.
TEST_CASE("an incident that is opened again is told as one that opened; of severities and assignments only the last counts") {
    CHECK(!supersede(incident_reopened, {}));
    CHECK(supersede(incident_reopened, {incident_resolved}) == Reason::resolved_since);
    CHECK(!supersede(incident_resolved, {incident_reopened}));
    CHECK(supersede(incident_severity_changed, {incident_severity_changed}) == Reason::updated_since);
    CHECK(supersede(incident_assigned, {incident_assigned}) == Reason::updated_since);
    CHECK(supersede(incident_assigned, {incident_resolved}) == Reason::resolved_since);
    CHECK(!supersede(incident_assigned, {incident_severity_changed}));
    for (const auto kind : {incident_update_published, incident_update_edited, incident_update_deleted, incident_postmortem_published}) {
        CHECK(!supersede(kind, {incident_resolved, kind}));
    }
    CHECK(event_kind("incident.reopened") == incident_reopened);
    CHECK(event_kind("incident.of_a_newer_writer") == other);
    CHECK(!supersede(other, {incident_resolved, other}));
}

TEST_CASE(
    "whatever fails and whenever events come, what is sent rises in seq, ends in the resolution, and nothing old follows it") {
    std::mt19937_64 random{11};
    for (int run = 0; run < 2000; ++run) {
        std::vector<EventKind> events{incident_opened};
        const auto middle = random() % 8;
        for (std::size_t i = 0; i < middle; ++i) events.push_back(kOfIncidents[1 + random() % 4]);
        events.push_back(incident_resolved);
        if (random() % 4 == 0) events.push_back(incident_commented);

        std::map<std::size_t, bool> pending;  // by seq
        std::vector<std::size_t> sent;
        std::size_t come = 0;
        const auto luck = random() % 100;
        while (come < events.size() || !pending.empty()) {
            if (come < events.size() && random() % 3 == 0) pending[come++] = true;
            if (pending.empty()) continue;
            const auto seq = pending.begin()->first;
            const std::vector<EventKind> later(events.begin() + static_cast<std::ptrdiff_t>(seq) + 1,
                                               events.begin() + static_cast<std::ptrdiff_t>(come));
            if (supersede(events[seq], later)) {
                pending.erase(seq);
            } else if (random() % 100 >= luck) {
                CHECK(std::find(later.begin(), later.end(), incident_resolved) == later.end());
                sent.push_back(seq);
                pending.erase(seq);
            }
        }
        CHECK(std::is_sorted(sent.begin(), sent.end()));
        const auto resolved =
            static_cast<std::size_t>(std::find(events.begin(), events.end(), incident_resolved) - events.begin());
        CHECK(std::count(sent.begin(), sent.end(), resolved) == 1);
        for (const auto seq : sent) {
            if (seq > resolved) CHECK(events[seq] == incident_commented);
        }
    }
}

TEST_CASE("of what is told of a region's health, and of a monitor's flapping, only the last counts") {
    CHECK(supersede(region_quarantined, {region_released}) == Reason::updated_since);
    CHECK(supersede(region_released, {region_quarantined}) == Reason::updated_since);
    CHECK(!supersede(region_released, {}));
    CHECK_MESSAGE(!supersede(certificate_expiring, {certificate_expiring}), "which may be about another certificate");
    CHECK(!supersede(domain_expiring, {domain_expiring}));
    CHECK(supersede(monitor_flapping_began, {monitor_flapping_ended}) == Reason::updated_since);
    CHECK(!supersede(monitor_flapping_began, {monitor_changed}));
}

TEST_CASE("the end of an advisory makes all before it old, and of its changes only the last counts") {
    for (const auto kind : {advisory_opened, advisory_changed, advisory_acknowledged, advisory_muted}) {
        CAPTURE(name_of(kind));
        CHECK(supersede(kind, {advisory_closed}) == Reason::closed_since);
        CHECK(!supersede(kind, {}));
    }
    CHECK(supersede(advisory_changed, {advisory_changed}) == Reason::updated_since);
    CHECK(!supersede(advisory_opened, {advisory_changed, advisory_acknowledged}));
}

}  // namespace supersede_test
