#include "lib/channel/flow.h"

#include <fmt/format.h>

namespace sonde::channel {
namespace {

using namespace std::chrono_literals;

void read_digest(json::Reader& in, Digest& digest, json::Problems& problems) {
    const auto* document = in.object("digest");
    if (document == nullptr) return;
    json::Reader fields(*document, in.pointer("digest"), problems);
    fields.duration_ms("window_ms", digest.window, 0ms, 1h);
    if (const auto* storm = fields.object("storm")) {
        json::Reader limits(*storm, fields.pointer("storm"), problems);
        limits.whole("more_than", digest.more_than, 0, 1'000);
        limits.duration_ms("within_ms", digest.within, 1s, 1h);
        limits.finish();
    }
    fields.finish();
}

// The object in a field that may be null, which is as if it were not there.
const Json* given(json::Reader& in, std::string_view field) {
    const auto* value = in.value(field);
    return value == nullptr || value->is_null() ? nullptr : in.object(field);
}

void read_rate(json::Reader& in, std::optional<Rate>& rate, const Rate* allowed, json::Problems& problems) {
    const auto* document = given(in, "rate");
    if (document == nullptr) return;
    const auto before = problems.size();
    Rate made;
    json::Reader fields(*document, in.pointer("rate"), problems);
    fields.require({"messages", "per_ms"});
    fields.whole("messages", made.messages, 1, 100'000);
    fields.duration_ms("per_ms", made.per, 1s, 24h);
    fields.finish();
    if (problems.size() != before) return;
    if (allowed != nullptr && more_than(made, *allowed)) {
        in.refuse("rate", fmt::format("is more than the receiver allows: {} in {}", allowed->messages, format_duration(allowed->per)));
    }
    rate = made;
}

}  // namespace

bool more_than(const Rate& one, const Rate& other) { return one.messages * other.per.count() > other.messages * one.per.count(); }

void read_flow(json::Reader& in, Flow& flow, const Rate* allowed, json::Problems& problems) {
    read_digest(in, flow.digest, problems);
    read_rate(in, flow.rate, allowed, problems);
    if (const auto* quiet = given(in, "quiet_hours")) flow.quiet_hours = read_quiet_hours(*quiet, in.pointer("quiet_hours"), problems);
}

void write_flow(const Flow& flow, Json& document) {
    document["digest"] = {{"window_ms", flow.digest.window.count()},
                          {"storm", {{"more_than", flow.digest.more_than}, {"within_ms", flow.digest.within.count()}}}};
    document["rate"] = flow.rate ? Json{{"messages", flow.rate->messages}, {"per_ms", flow.rate->per.count()}} : Json(nullptr);
    document["quiet_hours"] = flow.quiet_hours ? write_quiet_hours(*flow.quiet_hours) : Json(nullptr);
}

Flow stored_flow(std::string_view text) {
    Flow flow;
    const auto document = json::parse(text);
    if (!document || !document->is_object()) return flow;
    json::Problems ignored;
    json::Reader in(*document, "", ignored);
    read_flow(in, flow, nullptr, ignored);
    return flow;
}

std::string flow_text(const Flow& flow) {
    Json document = Json::object();
    write_flow(flow, document);
    return json::dump(document);
}

}  // namespace sonde::channel
