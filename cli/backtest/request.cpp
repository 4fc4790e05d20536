#include "cli/backtest/request.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <sstream>

#include "lib/base/duration.h"

namespace sonde::cli::backtest {
namespace {

constexpr std::size_t kMostBytes = 64U << 10U;
constexpr int kDeepest = 16;

Error wrong(const YAML::Node& node, std::string_view what) { return Error{fmt::format("line {}: {}", node.Mark().line + 1, what)}; }

template <class Number>
std::optional<Number> number_in(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

Json scalar(const YAML::Node& node) {
    const auto& text = node.Scalar();
    if (node.Tag() == "!") return text;  // it was quoted
    if (text == "true" || text == "false") return text == "true";
    if (text == "null" || text == "~" || text.empty()) return nullptr;
    if (const auto whole = number_in<std::int64_t>(text)) return *whole;
    const bool begins = text[0] == '-' || (text[0] >= '0' && text[0] <= '9');
    if (const auto real = begins ? number_in<double>(text) : std::nullopt) return *real;
    return text;
}

Result<Json> convert(const YAML::Node& node) {
    switch (node.Type()) {
        case YAML::NodeType::Scalar: return scalar(node);
        case YAML::NodeType::Sequence: {
            auto list = Json::array();
            for (const auto& item : node) {
                auto one = convert(item);
                if (!one) return one;
                list.push_back(*std::move(one));
            }
            return list;
        }
        case YAML::NodeType::Map: {
            auto map = Json::object();
            for (const auto& entry : node) {
                const auto& key = entry.first;
                if (!key.IsScalar()) return wrong(key, "a key must be text");
                if (map.contains(key.Scalar())) return wrong(key, "`" + key.Scalar() + "` is there twice");
                auto one = convert(entry.second);
                if (!one) return one;
                map[key.Scalar()] = *std::move(one);
            }
            return map;
        }
        default: return Json(nullptr);
    }
}

// Refuses, before anything is built of it, what is nested too deep, and anchors: one that is used again and again would be written out each time.
class Bounds : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { throw YAML::ParserException(mark, "anchors are not taken"); }
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override { deeper(); }
    void OnSequenceEnd() override { --depth_; }
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override { deeper(); }
    void OnMapEnd() override { --depth_; }

private:
    void deeper() {
        if (++depth_ > kDeepest) throw YAML::ParserException(YAML::Mark::null_mark(), "it is nested too deep");
    }
    int depth_ = 0;
};

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

Result<Json> read_document(std::string_view text) {
    if (text.size() > kMostBytes) return Error{"it is longer than 64 KiB"};
    try {
        Bounds bounds;
        std::istringstream in{std::string(text)};
        YAML::Parser parser(in);
        parser.HandleNextDocument(bounds);
        return convert(YAML::Load(std::string(text)));
    } catch (const YAML::Exception& error) {
        if (error.mark.line < 0) return Error{error.msg};
        return Error{fmt::format("line {}: {}", error.mark.line + 1, error.msg)};
    }
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
