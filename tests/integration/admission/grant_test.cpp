// What an agent may do on the bus, and everything else that it may not, by the word of a real server.
#include <doctest/doctest.h>

#include <atomic>

#include "lib/admission/claims.h"
#include "lib/bus/topology.h"
#include "lib/message/subject.h"
#include "tests/integration/admission/bus_of_keys.h"

namespace grant_test {

using namespace sonde;
using test::BusOfKeys;
using test::eventually;
namespace subject = sonde::message::subject;

namespace {

struct Stage {
    BusOfKeys bus;
    BusOfKeys::Agent agent = bus.make_agent("eu");
    BusOfKeys::Agent other = bus.make_agent("eu");
    BusOfKeys::Agent abroad = bus.make_agent("us");
};

// All of `forbidden` is refused, and of `allowed` nothing: what is said comes back in the order in which it was asked.
template <class Try>
void hold(const BusOfKeys::Connected& connected, const std::vector<std::string>& allowed, const std::vector<std::string>& forbidden, Try attempt) {
    auto expected = connected.refusals();
    for (const auto& each : allowed) attempt(each);
    for (const auto& each : forbidden) {
        attempt(each);
        ++expected;
        CHECK_MESSAGE(eventually([&] { return connected.refusals() >= expected; }), each << " is not refused");
    }
    REQUIRE(connected.bus->flush(milliseconds{5000}).ok());
    CHECK(connected.refusals() == expected);
}

}  // namespace

TEST_CASE("an agent may publish what its work needs, and nothing else") {
    Stage stage;
    const auto connected = stage.bus.connect(stage.agent);
    const auto own = stage.agent.id.text();
    std::vector<std::string> allowed{"sonde.v1.results.0.eu", "sonde.v1.results.31.eu", subject::runs("eu"), subject::presence_of("eu", own), subject::parked("agent")};
    std::vector<std::string> forbidden{
        "sonde.v1.results.0.us", "sonde.v1.results.0.push", "sonde.v1.results.0.eu.x", subject::runs("us"), subject::presence_of("eu", stage.other.id.text()),
        subject::presence_of("us", own), subject::presence("eu"), subject::jobs("eu"), subject::urgent("eu"), subject::jobs("us"), subject::parked("engine"),
        subject::event("incident.opened", SiteId{1}), "_INBOX.x", "_INBOX." + stage.other.id.text() + ".x", "_INBOX." + own + ".x", "anything",
        admission::update_subject(stage.bus.keys), "$SYS.REQ.SERVER.PING", "$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.CONSUMER.MSG.NEXT.SONDE_RESULTS.engine-0",
        "$JS.ACK.SONDE_RESULTS.engine-0.1.1.1.1.0", "$JS.API.STREAM.PURGE.SONDE_RESULTS", "$JS.API.STREAM.INFO.SONDE_EVENTS"};
    for (const std::string region : {"eu", "us"}) {
        for (const auto& stream : {subject::jobs_stream(region), subject::urgent_stream(region)}) {
            for (const auto& each : {"$JS.API.CONSUMER.MSG.NEXT." + stream + ".agents", "$JS.ACK." + stream + ".agents.1.1.1.1.0"}) (region == "eu" ? allowed : forbidden).push_back(each);
            for (const auto* what : {"STREAM.PURGE.", "STREAM.DELETE.", "STREAM.UPDATE.", "STREAM.INFO.", "STREAM.MSG.GET.", "STREAM.MSG.DELETE.", "CONSUMER.CREATE.", "CONSUMER.NAMES."}) {
                forbidden.push_back("$JS.API." + std::string(what) + stream);
            }
            for (const auto* what : {"CONSUMER.DELETE.", "CONSUMER.INFO.", "CONSUMER.DURABLE.CREATE."}) forbidden.push_back("$JS.API." + std::string(what) + stream + ".agents");
            forbidden.push_back("$JS.API.CONSUMER.MSG.NEXT." + stream + ".another");
            forbidden.push_back("$JS.ACK." + stream + ".another.1.1.1.1.0");
        }
    }
    hold(connected, allowed, forbidden, [&](const std::string& each) { REQUIRE(connected.bus->publish(each, "{}").ok()); });
}

TEST_CASE("an agent hears what is said to itself, and nothing else") {
    Stage stage;
    const auto connected = stage.bus.connect(stage.agent);
    std::vector<std::unique_ptr<bus::Subscription>> kept;
    hold(connected, {"_INBOX." + stage.agent.id.text() + ".>", "_INBOX." + stage.agent.id.text() + ".a.*"},
         {">", "sonde.>", "sonde.v1.jobs.eu", "sonde.v1.urgent.eu", "sonde.v1.results.>", "sonde.v1.events.>", "sonde.v1.presence.>", "sonde.v1.runs.eu", "_INBOX.>", "_INBOX.*.>",
          "_INBOX." + stage.other.id.text() + ".>", "_INBOX_eu.>", "$JS.>", "$SYS.>"},
         [&](const std::string& each) { kept.push_back(connected.bus->subscribe(each, [](const bus::Delivery&) {})); });
}

TEST_CASE("an agent fetches its region's jobs, acknowledges them and reports; another region's are out of its reach") {
    Stage stage;
    const auto service = stage.bus.connect(admission::Role::controlplane);
    for (const auto* region : {"eu", "us"}) REQUIRE(bus::topology::ensure(*service.bus, bus::topology::jobs(region, 1)).ok());
    REQUIRE(bus::topology::ensure(*service.bus, bus::topology::results(1)).ok());
    const auto connected = stage.bus.connect(stage.agent);
    std::atomic<int> fetched{0};
    const auto jobs = connected.bus->pull(subject::jobs_stream("eu"), std::string(subject::agents_consumer), [&](const bus::Delivery& delivery) {
        ++fetched;
        connected.bus->ack(delivery);
    });
    jobs->want(8);
    std::atomic<int> accepted{0};
    const auto count = [&](bus::PublishOutcome outcome) { accepted += outcome == bus::PublishOutcome::accepted ? 1 : 0; };
    service.bus->publish_to_stream(subject::jobs("eu"), "{}", count);
    service.bus->publish_to_stream(subject::jobs("us"), "{}", count);
    connected.bus->publish_to_stream("sonde.v1.results.0.eu", "{}", count);
    CHECK(eventually([&] { return accepted == 3 && fetched == 1; }));
    const auto pending = [&](const char* region) {
        const auto state = service.bus->stream_state(subject::jobs_stream(region));
        return state && *state ? static_cast<int>((*state)->messages) : -1;
    };
    CHECK(eventually([&] { return pending("eu") == 0; }));  // acknowledged: a work queue forgets it
    CHECK(pending("us") == 1);
}

TEST_CASE("the control plane sends jobs and looks after streams; results it neither reads nor forges") {
    Stage stage;
    const auto connected = stage.bus.connect(admission::Role::controlplane);
    std::vector<std::string> allowed{subject::jobs("eu"), subject::urgent("us"), "sonde.v1.results.3.push", subject::parked("controlplane"), "$JS.API.STREAM.DELETE.SONDE_JOBS_eu",
                                     "$JS.API.CONSUMER.DELETE.SONDE_URGENT_eu.agents", "$JS.API.STREAM.NAMES"};
    std::vector<std::string> forbidden{
        "sonde.v1.results.3.eu", subject::event("incident.opened", SiteId{1}), subject::parked("engine"), subject::runs("eu"), subject::presence_of("eu", stage.agent.id.text()),
        "_INBOX.engine.x", "_INBOX." + stage.agent.id.text() + ".x", "$JS.API.CONSUMER.MSG.NEXT.SONDE_RESULTS.engine-0", "$JS.API.CONSUMER.MSG.NEXT.SONDE_JOBS_eu.agents",
        "$JS.ACK.SONDE_RESULTS.engine-0.1.1.1.1.0", "$JS.API.STREAM.MSG.GET.SONDE_JOBS_eu", "$JS.API.DIRECT.GET.SONDE_JOBS_eu", "$JS.API.CONSUMER.DELETE.SONDE_RESULTS.engine-0",
        "$JS.API.STREAM.SNAPSHOT.SONDE_JOBS_eu", "$JS.API.STREAM.RESTORE.SONDE_JOBS_eu", "$JS.API.INFO", admission::update_subject(stage.bus.keys)};
    for (const auto stream : {subject::results_stream, subject::events_stream, subject::parked_stream}) {
        for (const auto* what : {"DELETE", "PURGE", "MSG.GET", "MSG.DELETE"}) forbidden.push_back("$JS.API.STREAM." + std::string(what) + "." + std::string(stream));
        allowed.push_back("$JS.API.STREAM.INFO." + std::string(stream));
    }
    hold(connected, allowed, forbidden, [&](const std::string& each) { REQUIRE(connected.bus->publish(each, "{}").ok()); });
    std::vector<std::unique_ptr<bus::Subscription>> kept;
    hold(connected, {"_INBOX.controlplane.>", std::string(subject::all_runs), std::string(subject::all_presence), std::string(subject::all_presence_of_joined)},
         {">", "sonde.>", "sonde.v1.jobs.*", "sonde.v1.results.>", "sonde.v1.events.>", "_INBOX.>", "_INBOX.engine.>", "$JS.>", "$SYS.>"},
         [&](const std::string& each) { kept.push_back(connected.bus->subscribe(each, [](const bus::Delivery&) {})); });
}

TEST_CASE("the engine reads results and tells events; jobs of the schedule and results it cannot send") {
    Stage stage;
    const auto connected = stage.bus.connect(admission::Role::engine);
    std::vector<std::string> allowed{subject::urgent("eu"), subject::event("incident.opened", SiteId{1}), subject::parked("engine"), "$JS.API.CONSUMER.MSG.NEXT.SONDE_RESULTS.engine-0",
                                     "$JS.ACK.SONDE_RESULTS.engine-0.1.1.1.1.0", "$JS.API.CONSUMER.DELETE.SONDE_RESULTS.engine-9", "$JS.API.STREAM.INFO.SONDE_URGENT_eu"};
    std::vector<std::string> forbidden{
        subject::jobs("eu"), "sonde.v1.results.0.eu", "sonde.v1.results.0.push", subject::parked("controlplane"), subject::runs("eu"), subject::presence("eu"), "_INBOX.controlplane.x",
        "_INBOX.engine.x", "$JS.API.CONSUMER.MSG.NEXT.SONDE_URGENT_eu.agents", "$JS.ACK.SONDE_JOBS_eu.agents.1.1.1.1.0", "$JS.API.CONSUMER.DELETE.SONDE_JOBS_eu.agents",
        "$JS.API.STREAM.DELETE.SONDE_JOBS_eu", "$JS.API.STREAM.DELETE.SONDE_EVENTS", "$JS.API.STREAM.PURGE.SONDE_RESULTS", "$JS.API.STREAM.MSG.DELETE.SONDE_RESULTS", "$JS.API.INFO",
        admission::update_subject(stage.bus.keys)};
    hold(connected, allowed, forbidden, [&](const std::string& each) { REQUIRE(connected.bus->publish(each, "{}").ok()); });
    std::vector<std::unique_ptr<bus::Subscription>> kept;
    hold(connected, {"_INBOX.engine.>"}, {">", "sonde.v1.results.>", "sonde.v1.events.>", "sonde.v1.presence.*", "_INBOX.>", "_INBOX.controlplane.>", "$SYS.>"},
         [&](const std::string& each) { kept.push_back(connected.bus->subscribe(each, [](const bus::Delivery&) {})); });
}

TEST_CASE("the control plane answers whoever asks it, once, and so can make and mend all streams") {
    Stage stage;
    const auto controlplane = stage.bus.connect(admission::Role::controlplane);
    const auto agent = stage.bus.connect(stage.agent);
    std::atomic<int> asked{0};
    const auto presence = controlplane.bus->subscribe(std::string(subject::all_presence_of_joined), [&](const bus::Delivery& delivery) {
        ++asked;
        for (int i = 0; i < 2; ++i) [[maybe_unused]] const auto sent = controlplane.bus->publish(delivery.reply, "answer");
    });
    REQUIRE(controlplane.bus->flush(milliseconds{5000}).ok());
    std::atomic<int> answered{0};
    agent.bus->request(subject::presence_of("eu", stage.agent.id.text()), "{}", milliseconds{20'000}, [&](const std::optional<bus::Delivery>& reply) { answered += reply ? 1 : 0; });
    CHECK(eventually([&] { return answered == 1; }));
    CHECK(asked == 1);
    CHECK(eventually([&] { return controlplane.refusals() == 1; }));  // the second answer to one question

    const auto engine = stage.bus.connect(admission::Role::engine);
    for (const auto* each : {&controlplane, &engine}) {
        for (const auto& place : {bus::topology::results(1), bus::topology::events(1), bus::topology::parked(1), bus::topology::urgent("eu", 1)}) {
            CHECK(bus::topology::ensure(*each->bus, place).ok());
        }
    }
    CHECK(controlplane.bus->delete_consumer(subject::urgent_stream("eu"), std::string(subject::agents_consumer)).ok());
    CHECK(controlplane.bus->delete_stream(subject::urgent_stream("eu")).ok());
    CHECK(engine.bus->delete_consumer(std::string(subject::results_stream), subject::engine_consumer(0)).ok());
    CHECK(engine.bus->delete_stream(std::string(subject::results_stream)).ok());
}

TEST_CASE("a subscriber reads events and can say nothing") {
    Stage stage;
    const auto connected = stage.bus.connect(admission::Role::subscriber);
    const auto service = stage.bus.connect(admission::Role::engine);
    std::atomic<int> heard{0};
    const auto events = connected.bus->subscribe("sonde.v1.events.>", [&](const bus::Delivery&) { ++heard; });
    REQUIRE(connected.bus->flush(milliseconds{5000}).ok());
    REQUIRE(service.bus->publish(subject::event("incident.opened", SiteId{1}), "{}").ok());
    CHECK(eventually([&] { return heard == 1; }));
    hold(connected, {}, {subject::event("incident.opened", SiteId{1}), subject::jobs("eu"), "$JS.API.INFO", "anything"},
         [&](const std::string& each) { REQUIRE(connected.bus->publish(each, "{}").ok()); });
}

}  // namespace grant_test
