#include "lib/message/result.h"

#include <fmt/format.h>

#include "lib/base/shard.h"
#include "lib/message/json_text.h"
#include "lib/message/subject.h"

namespace sonde::message {
namespace {

constexpr std::size_t kMaxResults = 500;
constexpr std::int64_t kLongestPhase = INT32_MAX;  // as the database's column

std::int64_t bounded(microseconds phase) { return std::clamp<std::int64_t>(phase.count(), 0, kLongestPhase); }

void append_result(std::string& out, const ProbeResult& result) {
    const auto& p = result.phases;
    fmt::format_to(std::back_inserter(out),
                   R"({{"monitor":"{}","site":"{}","rev":{},"slot":{},"attempt":{},"reason":"{}","started_at":{},"backfilled":{},)"
                   R"("verdict":"{}","class":"{}","phases_us":[{},{},{},{},{},{}],"http_status":{},"detail":{}}})",
                   result.monitor.text(), result.site.text(), result.revision, to_unix_ms(result.slot), result.attempt,
                   name_of(result.reason), to_unix_ms(result.started_at), result.backfilled, name_of(result.verdict),
                   name_of(result.cause), bounded(p.resolve), bounded(p.connect), bounded(p.tls), bounded(p.first_byte),
                   bounded(p.transfer), bounded(p.total), result.http_status, result.detail);
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
    return result;
}

void append_field(std::string& out, std::string_view key, std::string_view value) {
    if (value.empty()) return;
    if (out.size() > 1) out += ',';
    fmt::format_to(std::back_inserter(out), "\"{}\":", key);
    json_text::append_string(out, value);
}

template <class Number>
void append_number(std::string& out, std::string_view key, Number value) {
    fmt::format_to(std::back_inserter(out), "{}\"{}\":{}", out.size() > 1 ? "," : "", key, value);
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

std::string write_detail(const check::Observation& observation, const check::Judgement& judgement) {
    std::string out = "{";
    append_field(out, "message", judgement.message);
    append_field(out, "address", observation.address);
    append_field(out, "http_version", observation.http_version);
    if (judgement.verdict != check::Verdict::up) {
        append_field(out, "final_url", observation.final_url);
        append_number(out, "redirects", observation.redirects);
        append_number(out, "body_bytes", observation.body_bytes);
        append_number(out, "body_truncated", observation.body_truncated);
        if (const auto& certificate = observation.certificate) {
            std::string facts = "{";
            append_field(facts, "subject", certificate->subject);
            append_field(facts, "issuer", certificate->issuer);
            append_field(facts, "not_before", to_rfc3339(certificate->not_before));
            append_field(facts, "not_after", to_rfc3339(certificate->not_after));
            out += ",\"certificate\":" + facts + "}";
        }
    }
    out += '}';
    return out;
}

}  // namespace sonde::message
