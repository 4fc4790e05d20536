// What people may set: each mistake with its exact pointer and text, the defaults, and that canonical documents read back equal.
#include <doctest/doctest.h>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/monitor/monitor_draft.h"
#include "controlplane/api/monitor/run.h"
#include "controlplane/api/monitor/site_draft.h"
#include "controlplane/api/notify/channel_draft.h"
#include "controlplane/api/region/region.h"
#include "lib/channel/fields.h"

namespace api_draft_test {

using namespace sonde;
using namespace sonde::controlplane;

namespace {

struct Mistake {
    const char* body;
    const char* trace;
};

std::string trace_of(const json::Problems& problems) {
    std::string trace;
    for (const auto& problem : problems) trace += problem.pointer + ": " + problem.detail + "\n";
    return trace;
}

// The problems that `read` finds in the document.
template <class Read>
std::string refusal(const char* body, Read read) {
    json::Problems problems;
    read(*json::parse(body), problems);
    return trace_of(problems);
}

std::string monitor_refusal(const Json& changes) {
    Json body{{"site_id", SiteId{1}.text()}, {"name", "m"}, {"spec", {{"url", "https://example.com/"}}}};
    body.update(changes);
    json::Problems problems;
    read_monitor(body, "", SiteField::required, problems);
    return trace_of(problems);
}

}  // namespace

TEST_CASE("each mistake in a site is told where it stands") {
    const Mistake table[] = {
        {R"({})", ": the field \"name\" is required\n"},
        {R"({"name": ""})", "/name: must be a string of 1 to 200 bytes\n"},
        {R"({"name": 1})", "/name: must be a string\n"},
        {R"({"name": "a\tb"})", "/name: must not contain control characters\n"},
        {R"({"name": "a", "base_url": "http://u:p@example.com/"})", "/base_url: must not contain credentials\n"},
        {R"({"name": "a", "tags": "x"})", "/tags: must be an array of at most 50 items\n"},
        {R"({"name": "a", "tags": ["x", "", "x"]})", "/tags/1: must be a string of 1 to 64 bytes\n"},
        {R"({"name": "a", "tags": ["x", "y", "x"]})", "/tags: has \"x\" twice\n"},
        {R"({"name": "a", "active": "yes"})", "/active: must be true or false\n"},
        {R"({"name": "a", "owner_note": null})", "/owner_note: must be a string\n"},
        {R"({"name": "a", "version": 3})", "/version: is set by the server and cannot be given\n"},
        {R"({"name": "a", "a/b": 3})", "/a~1b: is not a field of this object\n"},
        {R"([])", ": must be an object\n"},
    };
    for (const auto& row : table) {
        CHECK(refusal(row.body, [](const Json& body, json::Problems& problems) { read_site(body, "", problems); }) == row.trace);
    }
}

TEST_CASE("each mistake in a monitor is told where it stands") {
    CHECK(monitor_refusal(Json::object()).empty());
    CHECK(monitor_refusal({{"site_id", "mon_0000000000001"}}) == "/site_id: is not an identifier of the right kind\n");
    CHECK(monitor_refusal({{"kind", "telepathy"}}).starts_with("/kind: must be one of \"http\""));
    CHECK(monitor_refusal({{"spec", "https://example.com/"}}) == "/spec: must be an object\n");
    CHECK(monitor_refusal({{"spec", Json::object()}}) == "/spec: the field \"url\" is required\n");
    CHECK(monitor_refusal({{"spec", {{"url", "https://e.example/"}, {"methud", "GET"}}}}) ==
          "/spec/methud: is not a field of this object\n");
    CHECK(monitor_refusal({{"interval_ms", 4999}}) == "/interval_ms: must be a whole number from 5000 to 86400000\n");
    CHECK(monitor_refusal({{"interval_ms", 60000.5}}) == "/interval_ms: must be a whole number from 5000 to 86400000\n");
    CHECK(monitor_refusal({{"timeout_ms", 99}}) == "/timeout_ms: must be a whole number from 100 to 120000\n");
    CHECK(monitor_refusal({{"interval_ms", 5000}, {"timeout_ms", 5000}}) ==
          "/timeout_ms: must be below interval_ms, which is 5000\n");
    CHECK(monitor_refusal({{"interval_ms", 1}, {"timeout_ms", 100000}}) ==
          "/interval_ms: must be a whole number from 5000 to 86400000\n");
    CHECK(monitor_refusal({{"regions", "eu"}}) == "/regions: must be an array of at most 64 items\n");
    CHECK(
        monitor_refusal({{"regions", {"eu", "EU", "eu"}}}) ==
        "/regions/1: is not the name of a region: a-z, 0-9 and -, beginning with a letter\n/regions/2: \"eu\" is there twice\n");
    CHECK(monitor_refusal({{"placement", "some"}}) == "/placement: must be one of \"all\", \"rotate\"\n");
    CHECK(monitor_refusal({{"severity", "bad"}}) == "/severity: must be one of \"critical\", \"major\", \"minor\"\n");
    CHECK(monitor_refusal({{"paused", 1}}) == "/paused: must be true or false\n");
    CHECK(monitor_refusal({{"policy", {{"quorum", "some"}}}}).starts_with("/policy/quorum: must be "));
    CHECK(monitor_refusal({{"policy", {{"recovery_rounds", 0}}}})
              .starts_with("/policy/recovery_rounds: must be a whole number from 1 to"));
    CHECK(monitor_refusal({{"regions", {"eu", "us"}}, {"policy", {{"quorum", {{"at_least", 3}}}}}}) ==
          "/policy/quorum/at_least: is more than the 2 regions of this monitor\n");
    CHECK(monitor_refusal({{"state", "up"}}) == "/state: is set by the server and cannot be given\n");
    CHECK(monitor_refusal({{"intervall_ms", 5000}}) == "/intervall_ms: is not a field of this object\n");
    CHECK(
        refusal("{}",
                [](const Json& body, json::Problems& problems) { read_monitor(body, "/m/1", SiteField::required, problems); }) ==
        "/m/1: the field \"site_id\" is required\n/m/1: the field \"name\" is required\n/m/1: the field \"spec\" is required\n");
}

TEST_CASE("datagrams that a monitor's time-out would not let be sent again are refused") {
    const Json patient{{"host", "a.test"}, {"port", 53}, {"retries", 4}, {"wait_ms", 2000}};
    CHECK(monitor_refusal({{"kind", "udp"}, {"spec", patient}}) ==
          "/spec/retries: take 10000 ms with wait_ms, which must be below timeout_ms, which is 10000\n");
    CHECK(monitor_refusal({{"kind", "udp"}, {"spec", patient}, {"timeout_ms", 10'001}}).empty());
}

TEST_CASE("pings that a monitor's time-out would cut short are refused, also in a check that is not saved") {
    const Json long_ones{{"host", "a.test"}, {"packets", 10}, {"interval_ms", 1000}, {"wait_ms", 1000}};
    const std::string why = "/spec/packets: take 10000 ms with interval_ms and wait_ms, which must be below timeout_ms, which is ";
    CHECK(monitor_refusal({{"kind", "ping"}, {"spec", long_ones}}) == why + "10000\n");
    CHECK(monitor_refusal({{"kind", "ping"}, {"spec", long_ones}, {"timeout_ms", 10'001}}).empty());
    CHECK(monitor_refusal({{"kind", "ping"}, {"spec", long_ones}, {"interval_ms", 5000}}) == why + "4000\n");
    CHECK(monitor_refusal({{"kind", "ping"}, {"spec", {{"host", "a.test"}}}, {"interval_ms", 5000}}).empty());
    // A time-out that could not be read is no reason.
    CHECK(monitor_refusal({{"kind", "ping"}, {"spec", long_ones}, {"timeout_ms", 1}}) == "/timeout_ms: must be a whole number from 100 to 120000\n");
    const auto run = [&](const Json& changes) {
        Json body{{"kind", "ping"}, {"spec", long_ones}};
        body.update(changes);
        json::Problems problems;
        read_run(body, problems);
        return trace_of(problems);
    };
    CHECK(run(Json::object()) == why + "10000\n");
    CHECK(run({{"timeout_ms", 500}}) == why + "500\n");
    CHECK(run({{"timeout_ms", 10'001}}).empty());
}

TEST_CASE("several mistakes in one monitor are all told") {
    CHECK(monitor_refusal({{"name", ""}, {"interval_ms", 0}, {"spec", {{"url", ""}}}, {"severity", 1}, {"x", 1}}) ==
          "/name: must be a string of 1 to 200 bytes\n"
          "/spec/url: must be a string of 1 to 2048 bytes\n"
          "/interval_ms: must be a whole number from 5000 to 86400000\n"
          "/severity: must be a string\n"
          "/x: is not a field of this object\n");
}

TEST_CASE("a time-out that is not given is below the interval") {
    CHECK(default_timeout(milliseconds{5000}) == milliseconds{4000});
    CHECK(default_timeout(milliseconds{10'000}) == milliseconds{8000});
    CHECK(default_timeout(milliseconds{60'000}) == milliseconds{10'000});
    CHECK(default_timeout(milliseconds{86'400'000}) == milliseconds{10'000});
}

TEST_CASE("each mistake in a channel is told where it stands") {
    const Mistake table[] = {
        {R"({})", ": the field \"kind\" is required\n: the field \"name\" is required\n: the field \"config\" is required\n"},
        {R"({"kind":"slack_bot","name":"a","config":{"channel":"a b"},"secrets":{"bot_token":"hunter2"}})",
         "/config/channel: must be the channel's identifier (C…) or its name\n/secrets/bot_token: must be a token that begins with `xoxb-`\n"},
        {R"({"kind":"slack_bot","name":"a","config":{"channel":"#ops","api_url":"ftp://a.example/"}})",
         "/config/api_url: must begin with http:// or https://\n"},
        {R"({"kind":"webhook","name":"a","config":{}})", "/config: the field \"url\" is required\n"},
        {R"({"kind":"webhook","name":"a","config":{"url":"https://a.example/#x"}})", "/config/url: must not have a fragment\n"},
        {R"({"kind":"webhook","name":"a","config":{"url":"https://a.example/","method":"PUT"}})",
         "/config/method: is not a field of this object\n"},
        {R"({"kind":"webhook","name":"a","config":{"url":"https://a.example/"},"events":[]})",
         "/events: must name at least one event; disable the channel instead\n"},
        {R"({"kind":"webhook","name":"a","config":{"url":"https://a.example/"},"events":["incident.opened","incident.opened"]})",
         "/events/1: \"incident.opened\" is there twice\n"},
        {R"({"kind":"webhook","name":"a","config":{"url":"https://a.example/"},"secrets":{"signing_key":"whsec_c2hvcnQ="}})",
         "/secrets/signing_key: must be `whsec_` followed by 24 to 64 bytes in base64\n"},
        {R"({"kind":"webhook","name":"a","config":{"url":"https://a.example/"},"secrets":{"password":"x"}})",
         "/secrets/password: is not a field of this object\n"},
    };
    const auto read = [](const Json& body, json::Problems& problems) { read_channel(body, "", problems); };
    for (const auto& row : table) CHECK(refusal(row.body, read) == row.trace);
    CHECK(refusal(R"({"kind":"carrier_pigeon","name":"a","config":{}})", read).starts_with("/kind: must be one of \"alertmanager\", \"discord\", "));
    CHECK(refusal(R"({"kind":"webhook","name":"a","config":{"url":"https://a.example/"},"events":["opened"]})", read)
              .starts_with("/events/0: must be one of incident.opened, "));
}

TEST_CASE("each mistake in a region is told where it stands") {
    const Mistake table[] = {
        {R"({})", ": the field \"name\" is required\n"},
        {R"({"name":"1eu"})", "/name: must be a-z, 0-9 and -, beginning with a letter\n"},
        {R"({"name":"eu.west"})", "/name: must be a-z, 0-9 and -, beginning with a letter\n"},
        {R"({"name":"eu","failure_domain":""})", "/failure_domain: must be a string of 1 to 64 bytes\n"},
        {R"({"name":"eu","covered":true})", "/covered: is set by the server and cannot be given\n"},
    };
    const auto read = [](const Json& body, json::Problems& problems) { read_region(body, "", problems); };
    for (const auto& row : table) CHECK(refusal(row.body, read) == row.trace);
}

TEST_CASE("canonical documents have every field and read back equal") {
    json::Problems problems;
    const auto site = read_site({{"name", "a"}, {"tags", {"x"}}}, "", problems);
    CHECK(read_site(write_site(site), "", problems) == site);
    const auto channel =
        read_channel({{"kind", "webhook"}, {"name", "a"}, {"config", {{"url", "https://a.example/"}}}}, "", problems);
    CHECK(read_channel(write_channel(channel.draft), "", problems).draft == channel.draft);
    const auto telegram = read_channel({{"kind", "telegram"}, {"name", "a"}, {"config", {{"silent", true}, {"chat_id", "1"}}}}, "", problems);
    CHECK(read_channel(write_channel(telegram.draft), "", problems).draft == telegram.draft);
    const auto region = read_region({{"name", "eu"}}, "", problems);
    CHECK(region.failure_domain == "eu");
    CHECK(read_region(write_region(region), "", problems) == region);
    const Json body{{"site_id", SiteId{7}.text()},
                    {"name", "m"},
                    {"regions", {"us", "eu"}},
                    {"policy", {{"quorum", {{"at_least", 2}}}}},
                    {"spec", {{"url", "https://example.com/"}, {"headers", {{"X-A", "1"}}}}}};
    const auto monitor = write_monitor(read_monitor(body, "", SiteField::required, problems));
    CHECK(write_monitor(read_monitor(monitor, "", SiteField::required, problems)) == monitor);
    CHECK(trace_of(problems).empty());
    CHECK(monitor["spec"]["method"] == "GET");
}

TEST_CASE("a patch changes what it names, removes what it nulls and replaces what is no object") {
    // The examples of RFC 7396, appendix A, that begin with an object or end as one.
    const Mistake table[] = {{R"([{"a":"b"},{"a":"c"}])", R"({"a":"c"})"},
                             {R"([{"a":"b"},{"b":"c"}])", R"({"a":"b","b":"c"})"},
                             {R"([{"a":"b"},{"a":null}])", R"({})"},
                             {R"([{"a":"b","b":"c"},{"a":null}])", R"({"b":"c"})"},
                             {R"([{"a":["b"]},{"a":"c"}])", R"({"a":"c"})"},
                             {R"([{"a":"c"},{"a":["b"]}])", R"({"a":["b"]})"},
                             // But for this one: what is not there and shall not be is kept, for the reader to refuse what is no field.
                             {R"([{"a":{"b":"c"}},{"a":{"b":"d","c":null}}])", R"({"a":{"b":"d","c":null}})"},
                             {R"([{"a":[{"b":"c"}]},{"a":[1]}])", R"({"a":[1]})"},
                             {R"([{"a":"foo"},null])", "null"},
                             {R"([{"a":"foo"},"bar"])", R"("bar")"},
                             {R"([{"e":null},{"a":1}])", R"({"e":null,"a":1})"},
                             {R"([{},{"a":{"bb":{"ccc":null}}}])", R"({"a":{"bb":{}}})"}};
    for (const auto& row : table) {
        const auto pair = *json::parse(row.body);
        CHECK(json::dump(patched(pair[0], pair[1])) == row.trace);
    }
}

TEST_CASE("a signing key is 24 to 64 bytes in base64 after its prefix, and ours is one") {
    using channel::is_signing_key;
    using channel::new_signing_key;
    CHECK(is_signing_key(new_signing_key().reveal()));
    CHECK(new_signing_key().reveal() != new_signing_key().reveal());
    CHECK(is_signing_key("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"));
    CHECK(!is_signing_key("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="));  // 23 bytes
    CHECK(!is_signing_key("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"));
    CHECK(!is_signing_key("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI*"));
    CHECK(!is_signing_key("whsec_"));
}

}  // namespace api_draft_test
