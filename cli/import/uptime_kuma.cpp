#include "cli/import/uptime_kuma.h"

#include <algorithm>

#include <fmt/format.h>

namespace sonde::cli::import_from {
namespace {

constexpr std::size_t kMostBackupBytes = 64U << 20U;

Json list_of(const Json& document, const char* name) {
    const auto found = document.find(name);
    return found != document.end() && found->is_array() ? *found : Json::array();
}

// Groups are monitors there; their children name them.
std::map<std::string, std::string> kuma_groups(const Json& monitors) {
    std::map<std::string, std::string> names;
    for (const auto& one : monitors) {
        Fields fields(one);
        if (fields.text("type") == "group") names[fields.text("id")] = fields.text("name");
    }
    return names;
}

void kuma_channel(const Json& item, Findings& findings) {
    Fields fields(item);
    const auto name = fields.text("name");
    const auto config = json::parse(fields.text("config"));
    const Json nothing = Json::object();
    Fields inner(config ? *config : nothing);
    const auto type = inner.text("type");
    const auto url = inner.text("webhookURL");
    if (type != "webhook" || url.empty()) {
        findings.left_out.push_back(fmt::format("notification \"{}\" of type {}: there is no such channel", name, type.empty() ? "unknown" : type));
        return;
    }
    std::vector<std::string> notes{"the body is Sonde's own and signed (Standard Webhooks): whoever receives it has to take that"};
    Json set{{"kind", "webhook"}, {"name", name}, {"config", {{"url", url}}}};
    secret_reference(set, "signing_key");
    if (!fields.flag("active", true)) set["enabled"] = false;
    if (!fields.flag("isDefault")) notes.push_back("it was for the monitors that name it; a channel hears of all");
    inner.pass_over({"name", "type", "isDefault", "applyExisting", "webhookContentType"});
    inner.tell_the_rest(notes);
    findings.add_channel(std::move(set), std::move(notes));
}

// `env`, or `env:live` with a value.
std::vector<std::string> kuma_tags(const Json* tags) {
    std::set<std::string> all;
    if (tags == nullptr || !tags->is_array()) return {};
    for (const auto& tag : *tags) {
        Fields fields(tag);
        auto text = fields.text("name");
        if (const auto value = fields.text("value"); !value.empty()) text += ':' + value;
        if (!text.empty() && text.size() <= 64) all.insert(text);
    }
    return {all.begin(), all.end()};
}

void kuma_policy(Fields& fields, bool pushed, Json& set, std::vector<std::string>& notes) {
    const auto retries = fields.whole("maxretries").value_or(0);
    const auto retry_interval = fields.whole("retryInterval").value_or(0);
    if (pushed) {
        if (retries > 0) set["spec"]["grace_ms"] = std::clamp<std::int64_t>(retries * std::max<std::int64_t>(retry_interval, 1), 1, 86'400) * 1000;
        return;
    }
    if (retries > 0) {
        set["policy"]["confirmation"]["attempts"] = std::min<std::int64_t>(retries, 5);
        notes.push_back(fmt::format("{} retries {} s apart: a failure is confirmed from other regions within seconds instead, or in place where there is one region", retries, retry_interval));
    }
}

void kuma_one(const Json& item, const std::map<std::string, std::string>& groups, const std::map<std::string, std::string>& channels, const Json& proxies,
              Findings& findings) {
    Fields fields(item);
    const auto name = fields.text("name");
    const auto type = fields.text("type");
    if (type == "group") return;
    Json set{{"name", name}};
    std::vector<std::string> notes;
    if (fields.flag("upsideDown")) {
        findings.left_out.push_back(fmt::format("monitor \"{}\": it is upside down, which no check here is", name));
        return;
    }
    if (!kuma_monitor(fields, proxies, set, notes)) {
        findings.left_out.push_back(fmt::format("monitor \"{}\" of type {}: {}", name, type, notes.empty() ? "there is no such kind" : notes.back()));
        return;
    }
    const bool pushed = type == "push";
    const auto interval = fields.whole("interval");
    const auto timeout = fields.take("timeout");
    if (!pushed) {
        const auto timeout_ms = timeout != nullptr && timeout->is_number() ? std::optional(static_cast<std::int64_t>(std::clamp(timeout->get<double>(), 0.0, 1e9) * 1000)) : std::nullopt;
        set_times(set, interval ? std::optional(std::clamp<std::int64_t>(*interval, 0, 1'000'000'000) * 1000) : std::nullopt, timeout_ms, notes);
    }
    kuma_policy(fields, pushed, set, notes);
    if (const auto tags = kuma_tags(fields.take("tags")); !tags.empty()) set["tags"] = tags;
    if (!fields.flag("active", true)) set["paused"] = true;
    if (const auto* list = fields.take("notificationIDList"); list != nullptr && list->is_object() && !list->empty()) {
        std::string names;
        for (const auto& [id, on] : list->items()) {
            const auto known = channels.find(id);
            names += (names.empty() ? "" : ", ") + (known == channels.end() ? id : known->second);
        }
        notes.push_back("it notifies " + names + ": here channels are told by what they ask for, not by monitors");
    }
    const auto group = groups.find(fields.text("parent"));
    fields.pass_over({"id", "type", "pathName", "childrenIDs", "weight", "dns_last_result", "forceInactive", "maintenance", "screenshot", "includeSensitiveData",
                      "httpBodyEncoding", "user_id", "userId", "gamedigGivenPortOnly", "oauth_auth_method", "dns_resolve_type", "dns_resolve_server", "packetSize",
                      "maxredirects", "accepted_statuscodes", "method", "created_date"});
    fields.tell_the_rest(notes);
    findings.add_monitor(findings.site(group == groups.end() ? "Uptime Kuma" : group->second), std::move(set), std::move(notes));
}

}  // namespace

Result<Findings> read_uptime_kuma(std::string_view text) {
    const auto document = json::parse(text, {.bytes = kMostBackupBytes, .depth = 32, .duplicates = json::Duplicates::last_counts});
    if (!document) return document.error();
    if (!document->is_object() || !document->contains("monitorList") || !(*document)["monitorList"].is_array()) {
        return Error{"is no backup of Uptime Kuma: it has no list `monitorList`"};
    }
    Findings findings;
    const auto& monitors = (*document)["monitorList"];
    const auto groups = kuma_groups(monitors);
    std::map<std::string, std::string> channels;
    for (const auto& one : list_of(*document, "notificationList")) {
        Fields fields(one);
        channels[fields.text("id")] = '"' + fields.text("name") + '"';
        kuma_channel(one, findings);
    }
    for (const auto& one : monitors) kuma_one(one, groups, channels, list_of(*document, "proxyList"), findings);
    Fields root(*document);
    root.pass_over({"version", "monitorList", "notificationList", "proxyList"});
    root.tell_the_rest(findings.left_out);
    return findings;
}

}  // namespace sonde::cli::import_from
