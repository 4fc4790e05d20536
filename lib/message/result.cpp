#include "lib/message/result.h"

#include <fmt/format.h>

#include "lib/base/shard.h"
#include "lib/message/json_text.h"
#include "lib/message/subject.h"

namespace sonde::message {
namespace {

constexpr std::size_t kMaxResults = 500;
constexpr std::size_t kBareMessage = 1024;
constexpr std::int64_t kLongestPhase = INT32_MAX;  // as the database's column

std::int64_t bounded(microseconds phase) { return std::clamp<std::int64_t>(phase.count(), 0, kLongestPhase); }

void append_result(std::string& out, const ProbeResult& result) {
    const auto& p = result.phases;
    fmt::format_to(std::back_inserter(out),
                   R"({{"monitor":"{}","site":"{}","rev":{},"slot":{},"attempt":{},"reason":"{}","started_at":{},"backfilled":{},)"
                   R"("verdict":"{}","class":"{}","phases_us":[{},{},{},{},{},{}],"http_status":{},"detail":{})",
                   result.monitor.text(), result.site.text(), result.revision, to_unix_ms(result.slot), result.attempt,
                   name_of(result.reason), to_unix_ms(result.started_at), result.backfilled, name_of(result.verdict),
                   name_of(result.cause), bounded(p.resolve), bounded(p.connect), bounded(p.tls), bounded(p.first_byte),
                   bounded(p.transfer), bounded(p.total), result.http_status, result.detail);
    if (!result.evidence.empty()) fmt::format_to(std::back_inserter(out), ",\"evidence\":{}", result.evidence);
    out += '}';
}

check::Phases read_phases(const json_text::Fields& in) {
    std::array<microseconds, 6> values{};
    std::size_t i = 0;
    for (const auto element : in.array("phases_us", 6, 6)) {
        std::int64_t value = 0;
        if (element.get_int64().get(value) != simdjson::SUCCESS || value < 0 || value > kLongestPhase) {
            throw in.wrong("phases_us", "holds something that is not a duration");
        }
        values.at(i++) = microseconds{value};
    }
    return {values[0], values[1], values[2], values[3], values[4], values[5]};
}

ProbeResult read_result(simdjson::dom::element element, int shard) {
    const json_text::Fields in(element);
    ProbeResult result;
    result.monitor = in.id<MonitorId>("monitor");
    result.site = in.id<SiteId>("site");
    if (shard_of(result.site) != shard) throw in.wrong("site", "is not of the batch's shard");
    result.revision = in.small("rev", 1, INT32_MAX);
    result.slot = in.instant("slot");
    result.attempt = in.small("attempt", 0, 99);
    result.reason = in.name<JobReason>("reason");
    if (result.reason == JobReason::run) throw in.wrong("reason", "is a run, whose outcome is no result");
    result.started_at = in.instant("started_at");
    result.backfilled = in.boolean_or("backfilled", false);
    result.verdict = in.name<check::Verdict>("verdict");
    result.cause = in.name<check::FailureClass>("class");
    if (check::is_agents_fault(result.cause) && result.verdict != check::Verdict::unknown) {
        throw in.wrong("class", "is the agent's fault, yet the verdict is not unknown");
    }
    result.phases = read_phases(in);
    result.http_status = static_cast<int>(in.whole_or("http_status", 0, 999, 0));
    result.detail = in.object_text("detail");
    if (in.has("evidence")) result.evidence = in.object_text("evidence");
    return result;
}

enum class Extent : unsigned char { full, brief, bare };

std::string evidence(const check::Observation& observation, const check::Judgement& judgement, const check::Redactor& redact, Extent extent) {
    auto message = json::clean_utf8(judgement.message);
    if (extent == Extent::bare) message = json::clean_utf8(std::string_view(message).substr(0, kBareMessage));
    Json document{{"verdict", name_of(judgement.verdict)}, {"class", name_of(judgement.cause)}, {"message", std::move(message)}};
    if (extent != Extent::full) document["shortened"] = true;
    document["phases_ms"] = check::write_phases(observation.phases);
    if (extent == Extent::bare) {
        document["address"] = observation.address;
    } else {
        document.update(write_observation(observation, extent == Extent::full ? check::Depth::full : check::Depth::brief));
    }
    document["assertions"] = extent == Extent::bare ? Json::array() : check::write_assertions(judgement);
    redact.apply(document);
    return json::dump(document);
}

}  // namespace

std::string write_result_batch(const ResultBatch& batch) {
    std::string out;
    out.reserve(160 + batch.results.size() * 420);
    fmt::format_to(std::back_inserter(out), R"({{"v":1,"region":"{}","agent":)", batch.region);
    json_text::append_string(out, batch.agent);
    fmt::format_to(std::back_inserter(out), R"(,"shard":{},"sent_at":{},"results":[)", batch.shard, to_unix_ms(batch.sent_at));
    for (std::size_t i = 0; i < batch.results.size(); ++i) {
        if (i > 0) out += ',';
        append_result(out, batch.results[i]);
    }
    out += "]}";
    return out;
}

Result<ResultBatch> read_result_batch(std::string_view text) {
    return json_text::read_message<ResultBatch>(text, [](const json_text::Fields& in) {
        ResultBatch batch;
        batch.region = in.text("region", 32);
        if (!subject::is_region_name(batch.region)) throw in.wrong("region", "is not the name of a region");
        batch.agent = in.text("agent", 64);
        batch.shard = in.small("shard", 0, kShards - 1);
        batch.sent_at = in.instant("sent_at");
        const auto results = in.array("results", 1, kMaxResults);
        batch.results.reserve(results.size());
        for (const auto result : results) batch.results.push_back(read_result(result, batch.shard));
        return batch;
    });
}

std::string write_detail(const check::Observation& observation, const check::Judgement& judgement, const check::Redactor& redact) {
    if (judgement.verdict == check::Verdict::up && redact.empty() && !observation.tls) {
        // Nearly every good check costs this, so it is written by hand.
        std::string out = "{\"address\":";
        json_text::append_string(out, observation.address);
        if (const auto* http = observation.find<check::HttpFacts>()) {
            out += ",\"http\":{\"version\":";
            json_text::append_string(out, http->version);
            out += '}';
        }
        return out + '}';
    }
    Json document = Json::object();
    if (judgement.verdict == check::Verdict::up) {
        document["address"] = observation.address;
        if (const auto* http = observation.find<check::HttpFacts>()) document["http"] = {{"version", http->version}};
        if (observation.tls) document["tls"] = check::write_constant(*observation.tls);
    } else {
        document["message"] = json::clean_utf8(judgement.message);
        document.update(write_observation(observation, check::Depth::brief));
        if (!judgement.assertions.empty()) document["assertions"] = write_assertions(judgement);
    }
    redact.apply(document);
    return json::dump(document);
}

std::string write_evidence(const check::Observation& observation, const check::Judgement& judgement, const check::Redactor& redact) {
    auto text = evidence(observation, judgement, redact, Extent::full);
    for (const auto extent : {Extent::brief, Extent::bare}) {
        if (text.size() > kMostEvidenceBytes) text = evidence(observation, judgement, redact, extent);
    }
    return text;
}

}  // namespace sonde::message
