// Jobs: what the control plane asks of a region. schema/messages/job_batch.schema.json is the contract.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/id.h"
#include "lib/base/result.h"
#include "lib/base/instant.h"
#include "lib/check/secrets.h"
#include "lib/check/spec.h"

namespace sonde::message {

// A run is what somebody asked for now: its outcome goes to who asked, not into the results.
enum class JobReason : unsigned char { schedule, confirm, run };

struct Job {
    MonitorId monitor;
    SiteId site;
    int revision = 0;    // of the monitor; with `monitor` a key under which a parsed spec may be cached
    Slot slot;
    int attempt = 0;     // 0 is the scheduled check; 1 and up are confirmations of the same slot
    JobReason reason = JobReason::schedule;
    RunId run;           // with JobReason::run, and only then
    TimePoint not_before;  // equal to `slot` unless the check is to wait, as in-place confirmations do
    TimePoint not_after;   // a check that has not started by then is worthless and must be dropped
    milliseconds timeout{0};
    check::Kind kind = check::Kind::http;
    std::string spec;    // JSON text, as `check::write_spec` or `write_brief_spec` gave it; may name secrets
    check::Secrets secrets;  // those that the spec names
};

struct JobBatch {
    std::string region;
    std::vector<Job> jobs;
};

// The part of a job that depends on the monitor alone, encoded once for each revision.
class JobTemplate {
public:
    JobTemplate() = default;
    JobTemplate(MonitorId monitor, SiteId site, int revision, milliseconds timeout, check::Kind kind, std::string_view spec,
                const check::Secrets& secrets = {});
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

// Writes one batch piece by piece; `take()` closes it. Allocates only as the text grows.
class JobBatchWriter {
public:
    explicit JobBatchWriter(std::string_view region);
    void add(const JobTemplate& job, Slot slot, int attempt, JobReason reason, TimePoint not_before, TimePoint not_after);
    void add_run(const JobTemplate& job, RunId run, TimePoint now, TimePoint not_after);
    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::size_t bytes() const { return text_.size(); }
    // The finished message; the writer is then empty and may be used for the next batch of the same region.
    std::string take();

private:
    std::string region_;
    std::string text_;
    std::size_t count_ = 0;
    void begin();
    void begin_job(const JobTemplate& job);
};

// Unknown fields are skipped (a newer sender may add some); anything missing, of a wrong type or out of range is an error.
Result<JobBatch> read_job_batch(std::string_view text);

}  // namespace sonde::message

template <>
struct sonde::EnumNames<sonde::message::JobReason> {
    static constexpr std::array<std::string_view, 3> names{"schedule", "confirm", "run"};
};
