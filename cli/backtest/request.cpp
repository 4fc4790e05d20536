#include "cli/backtest/request.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/duration.h"
#include "lib/config/tree.h"

namespace sonde::cli::backtest {
namespace {

std::string field_of(const Json& item, const char* field) {
    const auto found = item.find(field);
    return found != item.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

// The seconds are enough for people.
std::string at(const Json& incident, const char* field) {
    const auto text = field_of(incident, field);
    return text.empty() ? "still open" : text.substr(0, 19) + "Z";
}

void add_incidents(std::string& text, std::string_view heading, const Json& incidents, const char* opened) {
    text += fmt::format("\n{} ({})\n", heading, incidents.size());
    if (incidents.empty()) return;
    text += fmt::format("  {:<20}  {:<20}  {:<8}  {:<8}  {}\n", "opened", "resolved", "scope", "severity", "title");
    for (const auto& incident : incidents) {
        text += fmt::format("  {:<20}  {:<20}  {:<8}  {:<8}  {}{}\n", at(incident, opened), at(incident, "resolved_at"), field_of(incident, "scope"),
                            field_of(incident, "severity"), field_of(incident, "title"), incident.value("assumed", false) ? " (assumed)" : "");
    }
}

}  // namespace

Result<Json> read_document(std::string_view text, const std::string& name) {
    auto documents = config::read_trees(text, name, config::Variables::keep, {.bytes = 64U << 10U, .depth = 16});
    if (!documents) return documents.error();
    if (documents->size() > 1) return Error{fmt::format("{}:{}: a policy is one document", name, (*documents)[1].line)};
    return documents->empty() ? Json(nullptr) : std::move(documents->front().value);
}

Result<Json> request(const Asked& asked, const Json& document) {
    if (asked.monitor.empty() == asked.site.empty()) return Error{"name either a --monitor or a --site"};
    if (!document.is_object()) return Error{"a policy is an object, as {\"quorum\": \"all\"}"};
    Json body{{"from", asked.from}, {"to", asked.to}};
    body[asked.monitor.empty() ? "site_id" : "monitor_id"] = asked.monitor.empty() ? asked.site : asked.monitor;
    const auto inner = document.find("policy");
    body["policy"] = inner != document.end() ? *inner : document;
    if (!asked.interval.empty()) {
        const auto interval = parse_duration(asked.interval);
        if (!interval) return Error{"--interval must be a duration as 5m, not `" + asked.interval + "`"};
        body["interval_ms"] = interval->count();
    }
    if (!asked.regions.empty()) body["regions"] = asked.regions;
    if (asked.strict) body["confirmation"] = "strict";
    return body;
}

std::string present(const Json& answer) {
    const auto& difference = answer.at("difference");
    auto text = fmt::format("{} to {}: {} results of {} monitors; confirmation: {}, {} answers assumed\n", field_of(answer, "from"), field_of(answer, "to"),
                            answer.at("results").get<std::int64_t>(), answer.at("monitors").size(), field_of(answer, "confirmation"), answer.at("answers_assumed").get<std::int64_t>());
    text += fmt::format("pages saved: {}, pages added: {}\n", difference.at("pages_saved").get<std::int64_t>(), difference.at("pages_added").get<std::int64_t>());
    for (const auto& sentence : difference.at("sentences")) text += sentence.get<std::string>() + '\n';
    add_incidents(text, "Incidents that would have been", answer.at("would").at("incidents"), "opened_at");
    add_incidents(text, "Incidents that were", answer.at("really").at("incidents"), "opened_at");
    if (answer.value("truncated", false)) text += "\nThere was more than is shown.\n";
    return text;
}

}  // namespace sonde::cli::backtest
