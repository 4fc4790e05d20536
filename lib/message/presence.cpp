#include "lib/message/presence.h"

#include <fmt/format.h>

#include "lib/message/json_text.h"
#include "lib/message/subject.h"

namespace sonde::message {

std::string write_presence(const Presence& presence) {
    std::string out = fmt::format(R"({{"v":1,"region":"{}","agent":)", presence.region);
    json_text::append_string(out, presence.agent);
    out += ",\"version\":";
    json_text::append_string(out, presence.version);
    fmt::format_to(std::back_inserter(out),
                   R"(,"started_at":{},"sent_at":{},"draining":{},"clock_offset_ms":{},"in_flight":{},"queued":{},"capacity":{},)"
                   R"("checks":{},"checks_per_second":{:.3f},"spooled_bytes":{},"dropped":{}}})",
                   to_unix_ms(presence.started_at), to_unix_ms(presence.sent_at), presence.draining, presence.clock_offset.count(),
                   presence.in_flight, presence.queued, presence.capacity, presence.checks, presence.checks_per_second,
                   presence.spooled_bytes, presence.dropped);
    return out;
}

Result<Presence> read_presence(std::string_view text) {
    return json_text::read_message<Presence>(text, [](const json_text::Fields& in) {
        constexpr std::int64_t kYear = 366LL * 86'400'000;
        const auto count = [&in](std::string_view field) { return in.whole_or(field, 0, INT64_MAX, 0); };
        const auto small = [&in](std::string_view field) { return static_cast<int>(in.whole_or(field, 0, INT32_MAX, 0)); };
        Presence presence;
        presence.region = in.text("region", 32);
        if (!subject::is_region_name(presence.region)) throw in.wrong("region", "is not the name of a region");
        presence.agent = in.text("agent", 64);
        if (presence.agent.empty()) throw in.wrong("agent", "is empty");
        presence.version = in.text("version", 64);
        presence.started_at = in.instant("started_at");
        presence.sent_at = in.instant("sent_at");
        presence.draining = in.boolean_or("draining", false);
        presence.clock_offset = milliseconds{in.whole_or("clock_offset_ms", -kYear, kYear, 0)};
        presence.in_flight = small("in_flight");
        presence.queued = small("queued");
        presence.capacity = small("capacity");
        presence.checks = count("checks");
        presence.checks_per_second = in.real_or("checks_per_second", 0);
        presence.spooled_bytes = count("spooled_bytes");
        presence.dropped = count("dropped");
        return presence;
    });
}

std::string write_presence_answer(const PresenceAnswer& answer) { return fmt::format(R"({{"v":1,"now":{}}})", to_unix_ms(answer.now)); }

Result<PresenceAnswer> read_presence_answer(std::string_view text) {
    return json_text::read_message<PresenceAnswer>(text, [](const json_text::Fields& in) { return PresenceAnswer{in.instant("now")}; });
}

}  // namespace sonde::message
