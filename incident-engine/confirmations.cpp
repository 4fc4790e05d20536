#include "incident-engine/confirmations.h"

#include <mutex>

#include "lib/check/spec.h"
#include "lib/message/subject.h"
#include "lib/service/monitor_secrets.h"

namespace sonde::engine {
namespace {

constexpr std::size_t kJobsInMessage = 200;
constexpr std::size_t kBytesInMessage = 500'000;  // the server takes a mebibyte
constexpr milliseconds kPublishDeadline{2000};    // later, the core asks again

constexpr db::Statement kSpecs{"engine_specs", R"sql(
select id, site_id, version, timeout_ms, kind, coalesce(job_spec, spec::text), secrets from monitor where id = any($1::bigint[]))sql"};

}  // namespace

JobTemplates load_templates(db::Tx& tx, const crypto::SecretBox& secrets, std::span<const Asking> asking) {
    JobTemplates templates;
    if (asking.empty()) return templates;
    std::vector<std::int64_t> ids;
    for (const auto& one : asking) ids.push_back(one.monitor.value());
    for (const auto row : tx.run(kSpecs, {ids})) {
        const auto kind = from_name<check::Kind>(row.text(4));
        if (!kind) continue;
        const auto monitor = row.id<MonitorId>(0);
        check::Secrets named;
        if (!row.is_null(6)) named = service::secrets_for_job(secrets, monitor, row.bytes(6), row.text(5));
        templates.emplace(monitor, message::JobTemplate(monitor, row.id<SiteId>(1), row.small(2), milliseconds{row.whole(3)}, *kind, row.text(5), named));
    }
    return templates;
}

struct Confirmations::Answers {
    std::mutex mutex;
    bool wanted = true;
    Metrics& metrics;
    std::function<void(std::string)> on_missing;

    Answers(Metrics& of, std::function<void(std::string)> tell) : metrics(of), on_missing(std::move(tell)) {}
    void take(bus::PublishOutcome outcome, const std::string& region, std::size_t jobs) {
        if (outcome == bus::PublishOutcome::accepted) return;
        const std::scoped_lock lock(mutex);
        if (!wanted) return;
        metrics.confirmations_lost.add(jobs);
        if (outcome == bus::PublishOutcome::no_stream) on_missing(region);
    }
};

Confirmations::Confirmations(bus::Bus& bus, Metrics& metrics, std::function<void(std::string)> on_missing)
    : bus_(bus), metrics_(metrics), answers_(std::make_shared<Answers>(metrics, std::move(on_missing))) {}

Confirmations::~Confirmations() {
    const std::scoped_lock lock(answers_->mutex);
    answers_->wanted = false;
}

void Confirmations::send(std::span<const Asking> asking, const JobTemplates& templates, const Regions& regions) {
    std::unordered_map<std::string, message::JobBatchWriter> batches;
    for (const auto& one : asking) {
        const auto job = templates.find(one.monitor);
        if (job == templates.end()) continue;  // of a kind that this program does not know
        for (const auto& ask : one.confirm.asks) {
            const auto region = regions.name_of(ask.region);
            auto& batch = batches.try_emplace(region, region).first->second;
            batch.add(job->second, one.confirm.slot, ask.attempt, message::JobReason::confirm, ask.not_before, ask.not_after);
            metrics_.confirmations.add();
            if (batch.count() >= kJobsInMessage || batch.bytes() >= kBytesInMessage) publish(region, batch);
        }
    }
    for (auto& [region, batch] : batches) {
        if (batch.count() > 0) publish(region, batch);
    }
}

void Confirmations::publish(const std::string& region, message::JobBatchWriter& batch) {
    const auto jobs = batch.count();
    bus_.publish_to_stream(
        message::subject::urgent(region), batch.take(),
        [answers = answers_, region, jobs](bus::PublishOutcome outcome) { answers->take(outcome, region, jobs); }, kPublishDeadline);
}

}  // namespace sonde::engine
