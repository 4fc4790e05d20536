#include "lib/check/heartbeat/facts.h"

#include <algorithm>

namespace sonde::check {
namespace {

constexpr std::size_t kBriefBody = 1024;
constexpr std::size_t kMostSaid = 1024;

const std::string* text_in(const Json& object, const char* field) {
    const auto found = object.find(field);
    return found != object.end() && found->is_string() ? &found->get_ref<const std::string&>() : nullptr;
}

}  // namespace

Json write(const HeartbeatFacts& facts, bool full) {
    Json document{{"ping", name_of(facts.ping)}};
    if (facts.exit_code) document["exit_code"] = *facts.exit_code;
    if (!facts.run.empty()) document["run"] = facts.run;
    document["from"] = facts.peer;
    if (!facts.said.empty()) document["said"] = json::clean_utf8(std::string_view(facts.said).substr(0, kMostSaid));
    if (facts.body_bytes > 0) {
        document["body_bytes"] = facts.body_bytes;
        document["body"] = json::clean_utf8(std::string_view(facts.body).substr(0, full ? HeartbeatFacts::kMostBody : kBriefBody));
    }
    return document;
}

std::optional<PingMark> read_ping_mark(const Json& detail) {
    if (!detail.is_object()) return std::nullopt;
    const auto facts = detail.find(HeartbeatFacts::name);
    if (facts == detail.end() || !facts->is_object()) return std::nullopt;
    const auto* ping = text_in(*facts, "ping");
    const auto kind = ping == nullptr ? std::nullopt : from_name<PingKind>(*ping);
    if (!kind) return std::nullopt;
    PingMark mark{*kind, {}};
    if (const auto* run = text_in(*facts, "run"); run != nullptr && is_run_id(*run)) mark.run = *run;
    return mark;
}

bool is_run_id(std::string_view text) {
    if (text.empty() || text.size() > 64) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
}

}  // namespace sonde::check
