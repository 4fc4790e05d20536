// Commands travel through a table as text: what is read is what was written.
#include "lib/decision/incident_command.h"

#include <doctest/doctest.h>

namespace command_test {

using namespace sonde;
using namespace sonde::decision;

namespace {

Command read_back(const Command& command) {
    Command read{command.action, command.actor, {}, {}};
    const auto body = json::parse(json::dump(write_body(command)));
    REQUIRE(body.ok());
    CHECK(read_body(*body, read));
    return read;
}

}  // namespace

TEST_CASE("every action's terms are read as they were written") {
    const Opening opening{SiteId{7}, Scope::warning, "Orders\nstand", Severity::minor, {MonitorId{1}, MonitorId{2}}, true};
    auto read = read_back({Action::open, "ann", "why", {}, opening});
    CHECK(read.comment == "why");
    const auto& opened = std::get<Opening>(read.terms);
    CHECK(opened.site == opening.site);
    CHECK(opened.scope == Scope::warning);
    CHECK(opened.title == opening.title);
    CHECK(opened.severity == Severity::minor);
    CHECK(opened.monitors == opening.monitors);
    CHECK(opened.auto_resolve);
    CHECK(!std::get<Opening>(read_back({Action::open, "ann", "", {}, Opening{SiteId{7}, Scope::outage, "x"}}).terms).severity);
    CHECK(std::get<Assignment>(read_back({Action::assign, "ann", "", {}, Assignment{"bob"}}).terms).to == "bob");
    CHECK(std::get<SeverityWish>(read_back({Action::set_severity, "ann", "", {}, SeverityWish{Severity::major}}).terms).severity == Severity::major);
    CHECK(!std::get<SeverityWish>(read_back({Action::set_severity, "ann", "", {}, SeverityWish{}}).terms).severity);
    CHECK(std::get<Retitling>(read_back({Action::set_title, "ann", "", {}, Retitling{"better"}}).terms).title == "better");
    CHECK(std::get<Reopening>(read_back({Action::reopen, "ann", "", {}, Reopening{true}}).terms).auto_resolve == true);
    CHECK(!std::get<Reopening>(read_back({Action::reopen, "ann", "", {}, Reopening{}}).terms).auto_resolve);
    read = read_back({Action::edit_update, "ann", "", {}, UpdateDraft{3, PublicStatus::monitoring, "soon"}, true});
    CHECK(read.may_edit_others);
    const auto& update = std::get<UpdateDraft>(read.terms);
    CHECK(update.number == 3);
    CHECK(update.status == PublicStatus::monitoring);
    CHECK(update.text == "soon");
    const auto postmortem = std::get<PostmortemDraft>(read_back({Action::write_postmortem, "ann", "", {}, PostmortemDraft{"t", "c", true}}).terms);
    CHECK(postmortem.text == "t");
    CHECK(postmortem.root_cause == "c");
    CHECK(postmortem.published);
    const auto due = std::get<Due>(read_back({Action::escalate, "notifier", "", {}, Due{{{"step", 2}}, false, true}}).terms);
    CHECK(due.details == Json{{"step", 2}});
    CHECK_FALSE(due.reached);
    CHECK(due.while_acknowledged);
}

TEST_CASE("what was written before there were terms is read, and what is not of the action is refused") {
    Command command{Action::acknowledge, "ann", {}, {}};
    CHECK(read_body(*json::parse(R"({"comment": "on it"})"), command));
    CHECK(command.comment == "on it");
    CHECK(!read_body(*json::parse(R"({"terms": {"to": "bob"}})"), command));
    Command assign{Action::assign, "ann", {}, {}};
    CHECK(!read_body(*json::parse(R"({"terms": {"to": 7}})"), assign));
    Command open{Action::open, "ann", {}, {}};
    CHECK(!read_body(*json::parse(R"({"terms": {"title": "x"}})"), open));
    CHECK(!read_body(*json::parse(R"({"later": true})"), open));
}

}  // namespace command_test
