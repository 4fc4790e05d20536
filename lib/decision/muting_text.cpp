#include "lib/decision/muting_text.h"

#include <fmt/format.h>

#include "lib/decision/reason.h"
#include "lib/decision/time_text.h"

namespace sonde::decision {
namespace {

void write_withheld(std::string& text, std::string_view field, const Withheld& withheld) {
    const auto out = std::back_inserter(text);
    fmt::format_to(out, R"(,"{}":{{"by":"{}","reason":"{}","failing_since":{})", field, name_of(withheld.by),
                   name_of(static_cast<Reason>(withheld.reason)), to_unix_ms(withheld.failing_since));
    if (withheld.source != 0) fmt::format_to(out, R"(,"source":{},"source_kind":"{}")", withheld.source, name_of(withheld.source_kind));
    if (withheld.root.id != 0) fmt::format_to(out, R"(,"root":{},"root_kind":"{}")", withheld.root.id, name_of(withheld.root.kind));
    if (withheld.lifted) fmt::format_to(out, R"(,"lifted":true)");
    const auto time = [&](std::string_view name, TimePoint at) {
        if (at != TimePoint{}) fmt::format_to(out, R"(,"{}":{})", name, to_unix_ms(at));
    };
    time("votes_since", withheld.votes_since);
    time("hold_until", withheld.hold_until);
    time("ask_again_at", withheld.ask_again_at);
    text.push_back('}');
}

Withheld read_withheld(const Json& document, const std::string& pointer, json::Problems& problems) {
    Withheld withheld;
    json::Reader in(document, pointer, problems);
    in.require({"by", "reason", "failing_since"});
    in.name("by", withheld.by);
    Reason reason{};
    in.name("reason", reason);
    withheld.reason = static_cast<int>(reason);
    read_time(in, "failing_since", withheld.failing_since);
    in.whole("source", withheld.source, 0, INT64_MAX);
    in.name("source_kind", withheld.source_kind);
    in.whole("root", withheld.root.id, 0, INT64_MAX);
    in.name("root_kind", withheld.root.kind);
    in.boolean("lifted", withheld.lifted);
    read_time(in, "votes_since", withheld.votes_since);
    read_time(in, "hold_until", withheld.hold_until);
    read_time(in, "ask_again_at", withheld.ask_again_at);
    in.finish();
    return withheld;
}

}  // namespace

void write_muting(std::string& text, const Muting& muting) {
    // The first field has no comma before it.
    std::string inner;
    if (muting.window) inner += fmt::format(R"(,"window":"{}")", muting.window->text());
    if (muting.outage) write_withheld(inner, "outage", *muting.outage);
    if (muting.warning) write_withheld(inner, "warning", *muting.warning);
    if (muting.advisory_noted) inner += R"(,"advisory_noted":true)";
    text += R"(,"muting":{)";
    text += std::string_view(inner).substr(1);
    text.push_back('}');
}

Muting read_muting(const Json& document, json::Problems& problems) {
    Muting muting;
    json::Reader in(document, "/muting", problems);
    if (in.has("window")) in.id("window", muting.window.emplace());
    if (const auto* inner = in.object("outage")) muting.outage = read_withheld(*inner, "/muting/outage", problems);
    if (const auto* inner = in.object("warning")) muting.warning = read_withheld(*inner, "/muting/warning", problems);
    in.boolean("advisory_noted", muting.advisory_noted);
    in.finish();
    return muting;
}

}  // namespace sonde::decision
