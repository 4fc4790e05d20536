#include "cli/import/gatus.h"

#include <fmt/format.h>

#include "lib/base/duration.h"
#include "lib/config/tree.h"

namespace sonde::cli::import_from {
namespace {

// A duration as Go has it, where ours are whole.
std::optional<std::int64_t> gatus_duration(const std::string& text, std::vector<std::string>& notes) {
    if (text.empty()) return std::nullopt;
    if (const auto duration = parse_duration(text)) return duration->count();
    notes.push_back("`" + text + "` is no duration that could be taken over");
    return std::nullopt;
}

void tell_alerts(Fields& fields, std::vector<std::string>& notes) {
    const auto* alerts = fields.take("alerts");
    if (alerts == nullptr || !alerts->is_array()) return;
    for (const auto& alert : *alerts) notes.push_back("the alert `" + shown(alert) + "` is not taken over: channels are told by what they ask for");
}

void gatus_one(const Json& item, Findings& findings) {
    Fields fields(item);
    Json set{{"name", fields.text("name")}};
    Json domain;
    std::vector<std::string> notes;
    const auto group = fields.text("group");
    const auto name = set["name"].get<std::string>();
    if (!gatus_endpoint(fields, set, domain, notes)) {
        findings.left_out.push_back(fmt::format("endpoint \"{}\": {}", name, notes.empty() ? "there is no such check" : notes.back()));
        return;
    }
    if (!fields.flag("enabled", true)) set["enabled"] = false;
    tell_alerts(fields, notes);
    fields.tell_the_rest(notes);
    const auto site = findings.site(group.empty() ? "Gatus" : group);
    findings.add_monitor(site, std::move(set), std::move(notes));
    if (!domain.is_null()) findings.add_monitor(site, std::move(domain), {"of the condition on [DOMAIN_EXPIRATION]: see that it is the registered domain"});
}

// They are told from outside, as heartbeats are.
void gatus_external(const Json& item, Findings& findings) {
    Fields fields(item);
    Json set{{"name", fields.text("name")}, {"kind", "heartbeat"}};
    std::vector<std::string> notes;
    const auto group = fields.text("group");
    const auto* heartbeat = fields.take("heartbeat");
    const Json nothing = Json::object();
    Fields beat(heartbeat == nullptr ? nothing : *heartbeat);
    const auto period = gatus_duration(beat.text("interval"), notes);
    if (!period) {
        findings.left_out.push_back(fmt::format("external endpoint \"{}\": it says nothing of how often it is told", set["name"].get<std::string>()));
        return;
    }
    set["spec"] = {{"period_ms", std::max<std::int64_t>(*period, 1000)}};
    notes.emplace_back("its ping has a new address: see `heartbeat.ping_url` of the monitor");
    fields.pass_over({"token"});
    if (!fields.flag("enabled", true)) set["enabled"] = false;
    beat.tell_the_rest(notes);
    tell_alerts(fields, notes);
    fields.tell_the_rest(notes);
    findings.add_monitor(findings.site(group.empty() ? "Gatus" : group), std::move(set), std::move(notes));
}

// What is not an object, a list or ours to take.
void tell_root(Fields& root, Findings& findings) {
    if (const auto* alerting = root.take("alerting"); alerting != nullptr && alerting->is_object()) {
        for (const auto& [name, value] : alerting->items()) findings.left_out.push_back(fmt::format("alerting.{}: there is no such channel", name));
    }
    root.pass_over({"endpoints", "services", "external-endpoints"});
    std::vector<std::string> rest;
    root.tell_the_rest(rest);
    findings.left_out.insert(findings.left_out.end(), rest.begin(), rest.end());
}

}  // namespace

Result<Findings> read_gatus(std::string_view text, const std::string& name) {
    const auto trees = config::read_trees(text, name, config::Variables::keep);
    if (!trees) return trees.error();
    if (trees->size() != 1 || !trees->front().value.is_object()) return Error{name + ": is no configuration of Gatus: it must be one map"};
    const auto& document = trees->front().value;
    const auto* endpoints = document.contains("endpoints") ? &document["endpoints"] : document.contains("services") ? &document["services"] : nullptr;
    const auto external = document.value("external-endpoints", Json::array());
    if ((endpoints == nullptr || !endpoints->is_array()) && !external.is_array()) return Error{name + ": is no configuration of Gatus: it has no list `endpoints`"};
    Findings findings;
    findings.has_variables = true;
    if (endpoints != nullptr && endpoints->is_array()) {
        for (const auto& one : *endpoints) gatus_one(one, findings);
    }
    if (external.is_array()) {
        for (const auto& one : external) gatus_external(one, findings);
    }
    Fields root(document);
    tell_root(root, findings);
    if (findings.resources.empty() && findings.left_out.empty()) return Error{name + ": is no configuration of Gatus: it has no list `endpoints`"};
    return findings;
}

}  // namespace sonde::cli::import_from
