#include "notifier/core/wording_digest.h"

#include <fmt/format.h>

#include "notifier/core/words.h"

namespace sonde::notifier {
namespace {

constexpr std::size_t kMostLines = 10;

// `8 open (3 critical, 5 major), 2 resolved`.
std::string counts_words(const Json& counts) {
    std::string severities;
    for (const auto* severity : {"critical", "major", "minor"}) {
        if (const auto count = count_of(counts, severity); count > 0) severities += fmt::format("{}{} {}", severities.empty() ? "" : ", ", count, severity);
    }
    auto words = fmt::format("{} open", count_of(counts, "open"));
    if (!severities.empty()) words += fmt::format(" ({})", severities);
    if (const auto resolved = count_of(counts, "resolved"); resolved > 0) words += fmt::format(", {} resolved", resolved);
    return words;
}

std::string lines_of(const Json& digest) {
    std::vector<std::string> lines;
    const auto add = [&lines](std::string line) { lines.push_back(std::move(line)); };
    if (const auto& incidents = part_of(digest, "incidents"); incidents.is_array()) {
        for (const auto& one : incidents) add(fmt::format("{}: {}", text_of(one, "state") == "resolved" ? "resolved" : text_of(one, "severity"), text_of(one, "title")));
    }
    if (const auto& others = part_of(digest, "others"); others.is_array()) {
        for (const auto& one : others) add(text_of(one, "title"));
    }
    if (lines.size() > kMostLines) {
        const auto more = lines.size() - kMostLines;
        lines.resize(kMostLines);
        add(fmt::format("and {} more", more));
    }
    return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace

void word_digest(const Json& event, Notice& notice) {
    const auto& digest = part_of(event, "digest");
    const auto& counts = part_of(digest, "counts");
    const auto incidents = count_of(counts, "incidents");
    const auto open = count_of(counts, "open");
    const auto others = part_of(digest, "others").is_array() ? static_cast<std::int64_t>(part_of(digest, "others").size()) : 0;
    const auto severity = text_of(digest, "severity");
    notice.tone = severity == "critical" ? Tone::critical : severity == "minor" ? Tone::minor : open > 0 ? Tone::major : incidents > 0 ? Tone::good : Tone::info;
    notice.verb = open > 0 ? Verb::open : incidents > 0 ? Verb::resolve : Verb::info;
    if (text_of(digest, "cause") == "storm") {
        notice.title = open > 0 ? fmt::format("STORM: {}: {}", counted(incidents, "incident", "incidents"), counts_words(counts))
                                : fmt::format("STORM IS OVER: {} resolved", counted(incidents, "incident", "incidents"));
    } else if (incidents > 0) {
        notice.title = fmt::format("DIGEST: {}: {}", counted(incidents, "incident", "incidents"), counts_words(counts));
        if (others > 0) notice.title += fmt::format("; {} more", counted(others, "event", "events"));
    } else {
        notice.title = fmt::format("DIGEST: {}", counted(others, "event", "events"));
    }
    notice.text = lines_of(digest);
    if (const auto since = instant_words(digest, "since"); !since.empty()) notice.facts.push_back({"Since", since});
}

void word_dead_letter(const Json& event, Notice& notice) {
    const auto& delivery = part_of(event, "delivery");
    const auto severity = text_of(delivery, "severity");
    const auto channel = text_of(part_of(event, "channel"), "name");
    notice.verb = Verb::info;
    notice.tone = severity == "critical" ? Tone::critical : severity == "minor" ? Tone::minor : Tone::major;
    notice.title = fmt::format("NOT DELIVERED to {}: {}", channel, text_of(delivery, "title"));
    notice.text = text_of(delivery, "text");
    const auto fact = [&notice](std::string_view name, std::string value) {
        if (!value.empty()) notice.facts.push_back({std::string(name), std::move(value)});
    };
    fact("Channel", channel);
    fact("Event", text_of(delivery, "event_kind"));
    fact("Why", cause_words(text_of(event, "reason")));
    if (const auto attempts = count_of(delivery, "attempts"); attempts > 0) fact("Attempts", fmt::format("{}", attempts));
    fact("Last error", text_of(delivery, "error"));
}

}  // namespace sonde::notifier
