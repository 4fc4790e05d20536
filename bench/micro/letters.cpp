// What a flood of incidents costs for each message: e-mail to a channel and to a subscriber, and a template of a user's.
#include <benchmark/benchmark.h>

#include <stdexcept>
#include <string>

#include "lib/json/json.h"
#include "lib/template/template.h"
#include "notifier/channel/email.h"
#include "notifier/subscriber/letter.h"

namespace sonde::bench::letters {
namespace {

constexpr TimePoint kNow = from_unix_ms(1'790'000'000'000);

constexpr std::string_view kOpened =
    R"({"v":1,"id":"evt_0000000000033","kind":"incident.opened","at":"2026-01-01T00:00:01.123Z","actor":"engine","reason":"quorum_down","site":{"id":"sit_0000000000003",)"
    R"("name":"Shop"},"incident":{"id":"inc_000000000000b","seq":1,"scope":"outage","state":"open","severity":"major","worst_severity":"major",)"
    R"("title":"Shop: Checkout is down: connect_refused from eu, us","opened_by":"engine","assigned_to":null,"failing_since":"2026-01-01T00:00:00.123Z",)"
    R"("opened_at":"2026-01-01T00:00:01.123Z","acknowledged_at":null,"resolved_at":null,"monitors":[{"id":"mon_0000000000007","name":"Checkout","cause":"connect_refused",)"
    R"("left_at":null}]},"monitor":{"id":"mon_0000000000007","name":"Checkout"},"tags":["production"],"regions":["eu","us"],"votes":[{"region":"eu","failure_domain":"a",)"
    R"("verdict":"down","class":"connect_refused","slot":"2026-01-01T00:00:00.123Z","attempt":0,"at":"2026-01-01T00:00:00.124Z","fresh":true,)"
    R"("message":"connect to 192.0.2.1:443: refused"},{"region":"us","failure_domain":"b","verdict":"down","class":"connect_refused","slot":"2026-01-01T00:00:00.123Z",)"
    R"("attempt":1,"at":"2026-01-01T00:00:00.125Z","fresh":true,"message":"connect to 192.0.2.1:443: refused"},{"region":"ap","failure_domain":"c","verdict":"absent",)"
    R"("fresh":false}],"rule":"majority of failure domains, confirmed"})";

void mail_compose(benchmark::State& run) {
    const auto& declaration = *channel::find("email");
    const Json config{{"server", "mail.example.org"}, {"from", "sonde@example.org"}, {"to", {"ann@example.org"}}};
    const notifier::Message message{EventId{7}, kOpened, kNow, DeliveryId{9}, {}, "https://sonde.example", "https://sonde.example/ack/token", {}, ChannelId{5}};
    const auto composed = notifier::email::compose(declaration, message, config, Json::object());
    if (!composed) return run.SkipWithError(composed.error().message.c_str());
    for (auto _ : run) benchmark::DoNotOptimize(notifier::email::compose(declaration, message, config, Json::object()));
}
BENCHMARK(mail_compose);

void subscriber_letter(benchmark::State& run) {
    using namespace notifier::subscriber;
    const Json document{{"type", "incident.opened"}, {"id", "inc_06ht3e8gt0000"}, {"title", "API, Search"}, {"impact", "major"}, {"began_at", "2026-03-01T11:35:00.000Z"}, {"resolved_at", nullptr},
                        {"components", {{{"id", "api"}, {"name", "API"}}, {{"id", "search"}, {"name", "Search"}}}}, {"place", "incidents/inc_06ht3e8gt0000"}};
    Telling telling;
    telling.confirmed = true;
    telling.language = "en";
    telling.title = "Acme";
    telling.time_zone = "Europe/Berlin";
    telling.document = json::dump(document);
    const Places places{"https://status.example/", "https://status.example/confirm/C", "https://status.example/manage/M", "https://status.example/unsubscribe/U"};
    for (auto _ : run) {
        const auto letter = letter_of(telling, places);
        benchmark::DoNotOptimize(text_of(letter));
        benchmark::DoNotOptimize(page_of(letter));
    }
}
BENCHMARK(subscriber_letter);

void template_render(benchmark::State& run) {
    const auto parsed = mustache::Template::parse(
        "{{incident.title}}\n{{#regions}}* {{.}}\n{{/regions}}{{#incident.monitors}}{{name}}: {{cause}}\n{{/incident.monitors}}since {{incident.failing_since}}\n");
    if (!parsed) return run.SkipWithError(parsed.error().message.c_str());
    const auto event = *json::parse(kOpened);
    for (auto _ : run) benchmark::DoNotOptimize(parsed->render(mustache::Values(event)));
}
BENCHMARK(template_render);

}  // namespace
}  // namespace sonde::bench::letters
