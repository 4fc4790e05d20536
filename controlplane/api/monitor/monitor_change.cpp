#include "controlplane/api/monitor/monitor_change.h"

#include <algorithm>

#include "controlplane/api/endpoint/body.h"

namespace sonde::controlplane {
namespace {

bool same_secrets(const check::Secrets& left, const check::Secrets& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const auto& a, const auto& b) { return a.first == b.first && a.second.reveal() == b.second.reveal(); });
}

}  // namespace

MonitorDraft changed(const Monitor& before, const SecretsBefore& secrets, const Json& body, const std::string& pointer, json::Problems& problems) {
    const bool patch = secrets.means == SecretsField::patch;
    // Heartbeats are heard of, and have no place from where they are checked.
    auto document = patch ? patched(write_monitor(before.draft), body, {"secrets", "interval_ms", "timeout_ms", "regions", "placement"}) : body;
    // They are no part of the document that is patched, and a null in a patch has a meaning of its own.
    if (patch && document.is_object() && body.contains("secrets")) document["secrets"] = body["secrets"];
    const auto problems_before = problems.size();
    auto draft = read_monitor(document, pointer, SiteField::required, problems, secrets);
    if (problems.size() > problems_before) return draft;
    if (draft.site_id != before.draft.site_id) problems.push_back({pointer + "/site_id", "a monitor cannot move to another site"});
    if (draft.kind != before.draft.kind) problems.push_back({pointer + "/kind", "the kind of a monitor cannot change"});
    return draft;
}

bool is_change(const Monitor& before, const check::Secrets& secrets, const MonitorDraft& after) {
    return !json::same_content(write_monitor(after), write_monitor(before.draft)) || !same_secrets(after.secrets, secrets);
}

bool only_pauses(const Json& patch) { return patch.is_object() && patch.size() == 1 && patch.contains("paused"); }

}  // namespace sonde::controlplane
