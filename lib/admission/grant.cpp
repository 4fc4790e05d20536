#include "lib/admission/grant.h"

#include <fmt/format.h>

#include "lib/message/subject.h"

namespace sonde::admission {

namespace subject = message::subject;

namespace {

// How JetStream is asked to make, change and show streams and their consumers, https://docs.nats.io/reference/reference-protocols/nats_api_reference.
// A stream's name is a whole part of a subject, so that those of a kind cannot be told from others.
std::vector<std::string> with_upkeep(std::vector<std::string> subjects) {
    for (const auto* each : {"STREAM.CREATE.*", "STREAM.UPDATE.*", "STREAM.INFO.*", "CONSUMER.CREATE.*.*", "CONSUMER.CREATE.*.*.>", "CONSUMER.DURABLE.CREATE.*.*",
                             "CONSUMER.INFO.*.*"}) {
        subjects.push_back(fmt::format("$JS.API.{}", each));
    }
    return subjects;
}

std::string of_stream(std::string_view what, std::string_view stream) { return fmt::format("$JS.API.{}.{}", what, stream); }

Grant of_controlplane(const std::string& inbox) {
    return {.publish = with_upkeep({subject::jobs("*"), subject::urgent("*"), fmt::format("sonde.v1.results.*.{}", subject::push_region), subject::parked("controlplane"),
                                    "$JS.API.STREAM.NAMES", of_stream("STREAM.DELETE", "*"), of_stream("CONSUMER.DELETE", fmt::format("*.{}", subject::agents_consumer))}),
            .subscribe = {inbox, std::string(subject::all_runs), std::string(subject::all_presence), std::string(subject::all_presence_of_joined)},
            .never_publish = {of_stream("STREAM.DELETE", subject::results_stream), of_stream("STREAM.DELETE", subject::events_stream),
                              of_stream("STREAM.DELETE", subject::parked_stream)},
            .may_answer = true};
}

Grant of_engine(const std::string& inbox) {
    const auto results = std::string(subject::results_stream);
    return {.publish = with_upkeep({subject::urgent("*"), "sonde.v1.events.>", subject::parked("engine"), of_stream("CONSUMER.MSG.NEXT", results + ".*"), "$JS.ACK." + results + ".>",
                                    of_stream("STREAM.DELETE", results), of_stream("CONSUMER.DELETE", results + ".*")}),
            .subscribe = {inbox}};
}

Grant of_agent(const std::string& inbox) {
    constexpr std::string_view name = "{{name()}}", region = "{{tag(region)}}", queue = "{{tag(queue)}}";
    return {.publish = {fmt::format("$JS.API.CONSUMER.MSG.NEXT.{}.{}", queue, subject::agents_consumer),
                        fmt::format("$JS.ACK.{}.{}.>", queue, subject::agents_consumer),
                        fmt::format("sonde.v1.results.*.{}", region),
                        subject::runs(region),
                        subject::presence_of(region, name),
                        subject::parked("agent")},
            .subscribe = {inbox}};
}

}  // namespace

Grant grant_of(Role role) {
    const auto inbox = inbox_prefix("{{name()}}") + ".>";
    switch (role) {
        case Role::administrator: return {.publish = {">"}, .subscribe = {">"}};
        case Role::subscriber: return {.subscribe = {"sonde.v1.events.>"}, .is_bearer = true};
        case Role::controlplane: return of_controlplane(inbox);
        case Role::engine: return of_engine(inbox);
        case Role::agent: break;
    }
    return of_agent(inbox);
}

std::vector<std::string> tags_of_agent(std::string_view region) {
    return {fmt::format("region:{}", region), "queue:" + subject::jobs_stream(region), "queue:" + subject::urgent_stream(region)};
}

std::string inbox_prefix(std::string_view user) { return fmt::format("_INBOX.{}", user); }

}  // namespace sonde::admission
