#include "controlplane/api/monitor/monitor_draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/body.h"
#include "lib/check/redactor.h"
#include "lib/check/time_needed.h"
#include "lib/message/subject.h"

namespace sonde::controlplane {
namespace {

constexpr milliseconds kMinInterval{5'000};
constexpr milliseconds kMaxInterval{86'400'000};

void read_times(json::Reader& in, MonitorDraft& draft) {
    const bool interval_wrong =
        in.has("interval_ms") && !in.duration_ms("interval_ms", draft.interval, kMinInterval, kMaxInterval);
    draft.timeout = default_timeout(draft.interval);
    if (!in.duration_ms("timeout_ms", draft.timeout, kMinTimeout, kMaxTimeout) || interval_wrong) return;
    if (draft.timeout >= draft.interval) {
        in.refuse("timeout_ms", fmt::format("must be below interval_ms, which is {}", draft.interval.count()));
    }
}

void read_policy(json::Reader& in, MonitorDraft& draft, json::Problems& problems) {
    const auto* document = in.object("policy");
    if (document == nullptr) return;
    draft.policy = check::read_policy(*document, in.pointer("policy"), problems);
    const auto& quorum = draft.policy.quorum;
    const auto regions = draft.regions.size();
    if (quorum.rule == check::QuorumRule::at_least && regions > 0 && static_cast<std::size_t>(quorum.at_least) > regions) {
        problems.push_back({in.pointer("policy") + "/quorum/at_least",
                            fmt::format("is more than the {} region{} of this monitor", regions, regions == 1 ? "" : "s")});
    }
}

}  // namespace

void read_regions(json::Reader& in, std::vector<std::string>& regions, json::Problems& problems) {
    if (!in.texts("regions", regions, kMaxRegions, {.min = 1, .max = 32})) return;
    for (std::size_t i = 0; i < regions.size(); ++i) {
        const auto end = regions.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(regions.begin(), end, regions[i]) != end) {
            problems.push_back(
                {fmt::format("{}/{}", in.pointer("regions"), i), fmt::format("\"{}\" is there twice", regions[i])});
        } else if (!message::subject::is_region_name(regions[i])) {
            problems.push_back({fmt::format("{}/{}", in.pointer("regions"), i),
                                "is not the name of a region: a-z, 0-9 and -, beginning with a letter"});
        }
    }
}

void read_spec(json::Reader& in, MonitorDraft& draft, json::Problems& problems) {
    const auto* document = in.object("spec");
    if (document == nullptr) return;
    const auto pointer = in.pointer("spec");
    json::Problems found;
    const auto whole = check::substitute(*document, draft.secrets, pointer, found);
    if (found.empty()) {
        const auto spec = check::read_spec(draft.kind, whole, pointer);
        if (spec) {
            draft.time_needed = check::time_needed(*spec);
            draft.spec = check::restore(check::write_spec(*spec), *document, draft.secrets, pointer, found);
        } else {
            found = spec.error();
        }
    }
    const check::Redactor redact(draft.secrets);  // what is wrong may be told with what was found
    for (auto& problem : found) problems.push_back({std::move(problem.pointer), redact(std::move(problem.detail))});
}

void refuse_short_timeout(const json::Reader& in, const MonitorDraft& draft, json::Problems& problems) {
    if (draft.time_needed < draft.timeout) return;
    const bool pings = draft.kind == check::Kind::ping;
    problems.push_back({in.pointer("spec") + (pings ? "/packets" : "/retries"),
                        fmt::format("take {} ms with {}wait_ms, which must be below timeout_ms, which is {}", draft.time_needed.count(),
                                    pings ? "interval_ms and " : "", draft.timeout.count())});
}

namespace {

// What only a check that goes and looks has.
void refuse_what_is_for_checks(json::Reader& in, check::Kind kind) {
    for (const auto* field : {"interval_ms", "timeout_ms", "regions", "placement"}) {
        if (in.value(field) != nullptr) in.refuse(field, fmt::format("does not apply to the kind {}: nobody goes and looks", name_of(kind)));
    }
}

// One place tells, so that there is nobody to agree with and nothing to confirm.
void read_push_policy(json::Reader& in, MonitorDraft& draft, json::Problems& problems) {
    draft.policy.recovery_rounds = kPushRecoveryRounds;
    const auto* document = in.object("policy");
    if (document == nullptr) return;
    json::Reader inner(*document, in.pointer("policy"), problems);
    inner.whole("recovery_rounds", draft.policy.recovery_rounds, 1, 10);
    for (const auto* field : {"quorum", "confirmation", "advisory_after", "flapping", "page_on", "exclude"}) {
        if (inner.value(field) == nullptr) continue;
        inner.refuse(field, fmt::format("does not apply to the kind {}: only one place tells", name_of(draft.kind)));
    }
    inner.finish();
}

}  // namespace

milliseconds default_timeout(milliseconds interval) { return std::min(milliseconds{10'000}, interval * 4 / 5); }

MonitorDraft read_monitor(const Json& document, const std::string& pointer, SiteField site_field, json::Problems& problems,
                          const SecretsBefore& before) {
    MonitorDraft draft;
    json::Reader in(document, pointer, problems);
    if (site_field == SiteField::required) {
        in.require({"site_id"});
        in.id("site_id", draft.site_id);
    } else if (in.value("site_id") != nullptr) {
        in.refuse("site_id", "goes without saying inside of a site");
    }
    in.require({"name", "spec"});
    in.name("kind", draft.kind);
    in.text("name", draft.name, {.min = 1});
    draft.secrets = read_secrets(in, before.means, before.secrets, problems);
    read_spec(in, draft, problems);
    const bool pushed = check::is_pushed(draft.kind);
    if (pushed) {
        refuse_what_is_for_checks(in, draft.kind);
        if (!draft.secrets.empty()) in.refuse("secrets", fmt::format("does not apply to the kind {}: nothing is sent", name_of(draft.kind)));
    } else {
        const auto problems_before = problems.size();
        read_times(in, draft);
        if (problems.size() == problems_before) refuse_short_timeout(in, draft, problems);
        read_regions(in, draft.regions, problems);
        in.name("placement", draft.placement);
    }
    in.name("severity", draft.severity);
    read_tags(in, draft.tags);
    in.boolean("enabled", draft.enabled);
    in.boolean("paused", draft.paused);
    if (pushed) {
        read_push_policy(in, draft, problems);
    } else {
        read_policy(in, draft, problems);
    }
    const auto& exclude = draft.policy.exclude;
    const bool none_left = !draft.regions.empty() && std::all_of(draft.regions.begin(), draft.regions.end(), [&](const std::string& region) {
        return std::binary_search(exclude.begin(), exclude.end(), region);
    });
    if (none_left) problems.push_back({pointer + "/policy/exclude", "leaves no region that votes"});
    refuse_read_only(in, {"id", "version", "state", "state_since", "flapping_since", "next_check_at", "votes", "created_at", "updated_at", "heartbeat"});
    in.finish();
    return draft;
}

Json write_monitor(const MonitorDraft& draft) {
    Json document;
    if (draft.site_id) document["site_id"] = draft.site_id.text();
    document["kind"] = name_of(draft.kind);
    document["name"] = draft.name;
    document["spec"] = draft.spec;
    const bool pushed = check::is_pushed(draft.kind);
    if (!pushed) {
        document["interval_ms"] = draft.interval.count();
        document["timeout_ms"] = draft.timeout.count();
        document["regions"] = draft.regions;
        document["placement"] = name_of(draft.placement);
    }
    document["severity"] = name_of(draft.severity);
    document["tags"] = draft.tags;
    document["enabled"] = draft.enabled;
    document["paused"] = draft.paused;
    document["policy"] = pushed ? Json{{"recovery_rounds", draft.policy.recovery_rounds}} : check::write_policy(draft.policy);
    return document;
}

}  // namespace sonde::controlplane
