#include "lib/message/job.h"

#include <fmt/format.h>

#include "lib/message/json_text.h"
#include "lib/message/subject.h"

namespace sonde::message {
namespace {

constexpr std::size_t kMaxJobs = 500;

check::Secrets read_secrets(const json_text::Fields& in) {
    check::Secrets secrets;
    std::size_t bytes = 0;
    in.each_text("secrets", check::kMaxSecrets, [&](std::string_view name, std::string_view value) {
        if (!check::is_secret_name(name)) throw in.wrong("secrets", "has a name that is none");
        if (!check::wrong_with_secret(value).empty()) throw in.wrong("secrets", "has a value that is none");
        bytes += value.size();
        if (bytes > check::kMaxSecretBytesTogether) throw in.wrong("secrets", "are too long together");
        secrets.insert_or_assign(std::string(name), Secret(std::string(value)));
    });
    return secrets;
}

Job read_job(simdjson::dom::element element) {
    const json_text::Fields in(element);
    Job job;
    job.monitor = in.id<MonitorId>("monitor");
    job.site = in.id<SiteId>("site");
    job.revision = in.small("rev", 1, INT32_MAX);
    job.timeout = milliseconds{in.whole("timeout_ms", 100, 120'000)};
    job.kind = in.name<check::Kind>("kind");
    job.spec = in.object_text("spec");
    if (in.has("secrets")) job.secrets = read_secrets(in);
    job.slot = in.instant("slot");
    job.attempt = in.small("attempt", 0, 99);
    job.reason = in.name<JobReason>("reason");
    if (job.reason == JobReason::run) job.run = in.id<RunId>("run");
    job.not_before = in.instant("not_before");
    job.not_after = in.instant("not_after");
    return job;
}

}  // namespace

JobTemplate::JobTemplate(MonitorId monitor, SiteId site, int revision, milliseconds timeout, check::Kind kind, std::string_view spec,
                         const check::Secrets& secrets)
    : text_(fmt::format(R"({{"monitor":"{}","site":"{}","rev":{},"timeout_ms":{},"kind":"{}","spec":{})", monitor.text(), site.text(),
                        revision, timeout.count(), name_of(kind), spec)) {
    if (secrets.empty()) return;
    text_ += ",\"secrets\":";
    char before = '{';
    for (const auto& [name, value] : secrets) {
        text_ += before;
        json_text::append_string(text_, name);
        text_ += ':';
        json_text::append_string(text_, value.reveal());
        before = ',';
    }
    text_ += '}';
}

JobBatchWriter::JobBatchWriter(std::string_view region) : region_(region) { begin(); }

void JobBatchWriter::begin() {
    text_ = fmt::format(R"({{"v":1,"region":"{}","jobs":[)", region_);
    count_ = 0;
}

void JobBatchWriter::begin_job(const JobTemplate& job) {
    if (count_ > 0) text_ += ',';
    text_ += job.text();
    ++count_;
}

void JobBatchWriter::add(const JobTemplate& job, Slot slot, int attempt, JobReason reason, TimePoint not_before, TimePoint not_after) {
    begin_job(job);
    fmt::format_to(std::back_inserter(text_), R"(,"slot":{},"attempt":{},"reason":"{}","not_before":{},"not_after":{}}})", to_unix_ms(slot),
                   attempt, name_of(reason), to_unix_ms(not_before), to_unix_ms(not_after));
}

void JobBatchWriter::add_run(const JobTemplate& job, RunId run, TimePoint now, TimePoint not_after) {
    begin_job(job);
    fmt::format_to(std::back_inserter(text_), R"(,"slot":{0},"attempt":0,"reason":"{1}","run":"{2}","not_before":{0},"not_after":{3}}})",
                   to_unix_ms(now), name_of(JobReason::run), run.text(), to_unix_ms(not_after));
}

std::string JobBatchWriter::take() {
    text_ += "]}";
    auto message = std::move(text_);
    begin();
    return message;
}

Result<JobBatch> read_job_batch(std::string_view text) {
    return json_text::read_message<JobBatch>(text, [](const json_text::Fields& in) {
        JobBatch batch;
        batch.region = in.text("region", 32);
        if (!subject::is_region_name(batch.region)) throw in.wrong("region", "is not the name of a region");
        const auto jobs = in.array("jobs", 1, kMaxJobs);
        batch.jobs.reserve(jobs.size());
        for (const auto job : jobs) batch.jobs.push_back(read_job(job));
        return batch;
    });
}

}  // namespace sonde::message
