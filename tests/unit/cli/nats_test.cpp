#include "cli/up/nats.h"

#include <doctest/doctest.h>

#include "lib/message/subject.h"

using namespace sonde::cli;
namespace subject = sonde::message::subject;

namespace {

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("versions of nats-server that are known to lose consumers are told apart") {
    for (const auto* old : {"2.9.10", "2.10.22", "1.4.1"}) CHECK(up::is_old_nats(old));
    for (const auto* good : {"2.10.23", "2.11.0", "2.12.0-RC.1", "3.0.0"}) CHECK_FALSE(up::is_old_nats(good));
    CHECK_FALSE(up::is_old_nats("whatever"));
}

TEST_CASE("an agent's user may fetch its own region's jobs, report under its own name, and nothing else") {
    const auto text = up::nats_config(4222, "/data/nats", "store-key", {"sonde", "a"}, {"subscriber", "b"}, {{"eu", {"agent-eu", "c"}}, {"us", {"agent-us", "d"}}});
    const auto begin = text.find("agent-eu");
    const auto eu = text.substr(begin, text.find("agent-us") - begin);
    for (const auto& stream : {subject::jobs_stream("eu"), subject::urgent_stream("eu")}) {
        CHECK(has(eu, quoted("$JS.API.CONSUMER.MSG.NEXT." + stream + "." + std::string{subject::agents_consumer})));
        CHECK(has(eu, quoted("$JS.ACK." + stream + ".>")));
    }
    CHECK(has(eu, quoted("sonde.v1.results.*.eu")));
    CHECK(has(eu, quoted(subject::presence("eu"))));
    CHECK(has(eu, quoted(subject::runs("eu"))));
    CHECK(has(eu, quoted(subject::parked("agent"))));
    CHECK(has(eu, "subscribe: [\"_INBOX_eu.>\"]"));
    CHECK_FALSE(has(eu, "_us"));
    CHECK_FALSE(has(eu, "\">\""));
    CHECK_FALSE(has(eu, "events"));
}

TEST_CASE("a reader of events may not publish") {
    const auto text = up::nats_config(4222, "/data/nats", "store-key", {"sonde", "a"}, {"subscriber", "b"}, {});
    const auto line = text.substr(text.find("user: \"subscriber\""));
    CHECK(has(line, "publish: { deny: [\">\"] }, subscribe: [\"sonde.v1.events.>\"]"));
}

TEST_CASE("what the streams keep on disk is encrypted") {
    const auto text = up::nats_config(4222, "/data/nats", "store-key", {"sonde", "a"}, {"subscriber", "b"}, {});
    const auto jetstream = text.substr(text.find("jetstream {"), text.find("authorization {") - text.find("jetstream {"));
    CHECK(has(jetstream, "cipher: chachapoly\n"));
    CHECK(has(jetstream, "key: \"store-key\"\n"));
}
