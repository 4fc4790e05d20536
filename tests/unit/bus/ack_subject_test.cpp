#include "lib/bus/ack_subject.h"

#include <doctest/doctest.h>

#include "lib/bus/server_info.h"

namespace ack_subject_test {

using namespace sonde::bus;

TEST_CASE("the reply subject of a delivered message tells its place in the stream, in both of its forms") {
    for (const auto* subject : {"$JS.ACK.SONDE_JOBS_eu.agents.3.1234567890123.77.1700000000000000000.5",
                                "$JS.ACK.hub.ACCOUNTHASH.SONDE_JOBS_eu.agents.3.1234567890123.77.1700000000000000000.5",
                                "$JS.ACK._.ACCOUNTHASH.SONDE_JOBS_eu.agents.3.1234567890123.77.1700000000000000000.5.token"}) {
        const auto ack = parse_ack_subject(subject);
        REQUIRE_MESSAGE(ack, subject);
        CHECK(ack->stream == "SONDE_JOBS_eu");
        CHECK(ack->consumer == "agents");
        CHECK(ack->delivered == 3);
        CHECK(ack->stream_sequence == 1234567890123U);
        CHECK(ack->stored_ns == 1700000000000000000);
        CHECK(ack->pending == 5U);
    }
}

TEST_CASE("any other subject is not taken for one") {
    for (const auto* subject : {"", "_INBOX.abc.1", "$JS.ACK.", "$JS.ACK.stream.consumer", "$JS.ACK.s.c.1.2.3.4", "$JS.ACK.s.c.x.2.3.4.5",
                                "$JS.ACK.s.c.1.2x.3.4.5", "$JS.ACK.s.c.1..3.4.5", "$JS.ACK.s.c.1.2.3.now.5", "$JS.ACK.s.c.1.2.3.4.-1",
                                "$JS.ACK.a.s.c.1.2.3.4.5", "sonde.v1.jobs.eu"}) {
        CHECK_MESSAGE(!parse_ack_subject(subject), subject);
    }
}

TEST_CASE("versions of servers are compared number by number") {
    CHECK(is_older("2.9.10", "2.10.23"));
    CHECK(is_older("2.10.9", "2.10.23"));
    CHECK(is_older("2.10", "2.10.23"));
    CHECK_FALSE(is_older("2.10.23", "2.10.23"));
    CHECK_FALSE(is_older("2.10.24-RC.1", "2.10.23"));
    CHECK_FALSE(is_older("3.0.0", "2.10.23"));
    CHECK_FALSE(is_older("", "2.10.23"));
    CHECK_FALSE(is_older("unknown", "2.10.23"));
}

}  // namespace ack_subject_test
