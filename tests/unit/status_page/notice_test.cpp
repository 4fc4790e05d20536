// What of a page is news.
#include "controlplane/status_page/subscribe/notice.h"

#include <doctest/doctest.h>

#include "tests/unit/status_page/poison.h"
#include "tests/unit/status_page/sample.h"

namespace notice_test {

using namespace sonde;
using namespace sonde::status_page;
using namespace std::chrono_literals;
using subscribe::Notice;

namespace {

std::vector<std::string> names_of(const std::vector<Notice>& notices) {
    std::vector<std::string> names;
    for (const auto& one : notices) names.push_back(one.thread + "/" + one.step);
    return names;
}

}  // namespace

TEST_CASE("what happened within a day is news, in the order in which it happened, and what is older is not") {
    const auto page = test::sample_page();
    // The incident of seventeen days ago, and the maintenance announced five days ago, are told no more; its postmortem is, until the store knows its time.
    CHECK(names_of(subscribe::notices_of(page)) ==
          std::vector<std::string>{"inc_06ht3e8gt0000/opened", "inc_06ht3e8gt0000/update/1", "inc_06ht3e8gt0000/update/2", "inc_06ht3e8gt0001/postmortem", "mnt_06ht3e8gt0002-1/started"});
    auto later = page;
    later.made_at += 2min;
    CHECK(names_of(subscribe::notices_of(later)) == names_of(subscribe::notices_of(page)));
    later.made_at = page.made_at + 24h;
    CHECK(names_of(subscribe::notices_of(later)) == std::vector<std::string>{"inc_06ht3e8gt0001/postmortem"});
}

TEST_CASE("a notice has the public words of what it is about") {
    const auto notices = subscribe::notices_of(test::sample_page());
    const auto& update = notices.at(2);
    CHECK(update.at == *from_rfc3339("2026-03-01T11:55:00Z"));
    CHECK(update.components == std::vector<std::string>{"api", "search"});
    CHECK(update.document == Json{{"type", "incident.updated"},
                                  {"id", "inc_06ht3e8gt0000"},
                                  {"title", "Orders are slow"},
                                  {"impact", "major"},
                                  {"at", "2026-03-01T11:55:00.000Z"},
                                  {"began_at", "2026-03-01T11:35:00.000Z"},
                                  {"resolved_at", nullptr},
                                  {"components", {{{"id", "api"}, {"name", "API"}}, {{"id", "search"}, {"name", "Search"}}}},
                                  {"place", "incidents/inc_06ht3e8gt0000"},
                                  {"phase", "identified"},
                                  {"text", "A disk is full.\nWe are making room."}});
    const auto& started = notices.at(4);
    CHECK(started.document["type"] == "maintenance.started");
    CHECK(started.document["text"] == "The back office is away.");
    CHECK(started.document["ends_at"] == "2026-03-01T12:30:00.000Z");
}

TEST_CASE("an end is told when it is, beside what came before it") {
    auto page = test::sample_page();
    auto incident = page.open.front();
    page.open.clear();
    incident.resolved_at = page.made_at - 1min;
    page.past.insert(page.past.begin(), incident);
    page.maintenance.front().progress = Progress::completed;
    page.maintenance.front().ends_at = page.made_at - 1min;
    const auto names = names_of(subscribe::notices_of(page));
    CHECK(std::find(names.begin(), names.end(), "inc_06ht3e8gt0000/resolved") != names.end());
    CHECK(std::find(names.begin(), names.end(), "mnt_06ht3e8gt0002-1/ended") != names.end());
}

TEST_CASE("a maintenance is told of when it is announced, and not again because time passes") {
    auto page = test::sample_page();
    page.maintenance.back().announced_at = page.made_at - 23h;
    const auto before = names_of(subscribe::notices_of(page));
    CHECK(before.back() == "mnt_06ht3e8gt0003-1/scheduled");
    page.maintenance.back().announced_at = page.made_at - 25h;
    CHECK(names_of(subscribe::notices_of(page)).back() != "mnt_06ht3e8gt0003-1/scheduled");
}

TEST_CASE("what is called off is told in the words in which it was announced, and what had begun is over") {
    auto page = test::sample_page();
    page.maintenance.back().announced_at = page.made_at - 1h;
    const auto scheduled = subscribe::notices_of(page).back();
    const auto off = subscribe::withdrawal_of({scheduled.thread, false, scheduled.document}, page.made_at);
    CHECK(off.thread == scheduled.thread);
    CHECK(off.step == "cancelled");
    CHECK(off.at == page.made_at);
    CHECK(off.components == scheduled.components);
    CHECK(off.document["type"] == "maintenance.cancelled");
    CHECK(off.document["place"] == "");
    for (const auto* same : {"id", "title", "text", "starts_at", "ends_at", "components"}) CHECK(off.document[same] == scheduled.document[same]);
    const auto over = subscribe::withdrawal_of({scheduled.thread, true, scheduled.document}, page.made_at);
    CHECK(over.step == "ended");
    CHECK(over.document["type"] == "maintenance.ended");
    CHECK(over.document["ends_at"] == to_rfc3339(page.made_at));
}

TEST_CASE("a window that is moved is announced again, however long ago it was made") {
    auto page = test::sample_page();
    page.maintenance.back().announced_at = page.made_at - 25h;
    CHECK(names_of(subscribe::notices_of(page, {"mnt_06ht3e8gt0002"})).back() == "mnt_06ht3e8gt0002-1/started");
    const auto notices = subscribe::notices_of(page, {"mnt_06ht3e8gt0003"});
    CHECK(names_of(notices).back() == "mnt_06ht3e8gt0003-1/scheduled");
    CHECK(notices.back().at == page.made_at);
}

}  // namespace notice_test
