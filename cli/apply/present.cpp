#include "cli/apply/present.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/files/resource.h"
#include "lib/base/duration.h"
#include "lib/base/utf8.h"
#include "lib/config/yaml_writer.h"

namespace sonde::cli::apply {
namespace {

constexpr std::size_t kMostShown = 1'000;  // bytes of a value: pictures have many

const char* sign_of(const std::string& action) {
    if (action == "create") return "+";
    if (action == "update") return "~";
    if (action == "delete") return "-";
    if (action == "adopt") return "=";
    return "?";
}

// `/interval_ms` as `interval`, as files have it; the value then is a duration.
std::string field_name(const std::string& pointer, bool& is_duration) {
    auto name = pointer.substr(1);
    const auto last = name.substr(name.rfind('/') + 1);
    const auto plain = last.ends_with("_ms") ? last.substr(0, last.size() - 3) : std::string{};
    is_duration = std::find(files::kDurations.begin(), files::kDurations.end(), plain) != files::kDurations.end();
    if (is_duration) name.resize(name.size() - 3);
    std::replace(name.begin(), name.end(), '/', '.');
    return name;
}

std::string value_text(const Json& value, bool is_duration) {
    if (value.is_null()) return "(none)";
    if (is_duration && value.is_number_integer()) return format_duration(milliseconds{value.get<std::int64_t>()});
    const auto text = config::write_yaml_inline(value);
    if (text.size() <= kMostShown) return text;
    Utf8Cursor cursor(text);
    while (cursor.offset() < kMostShown && cursor.next()) {}
    return fmt::format("{}… ({} bytes)", text.substr(0, cursor.offset()), text.size());
}

std::string change_text(const Json& change, bool fresh) {
    bool is_duration = false;
    const auto name = field_name(change.at("field"), is_duration);
    const auto now = value_text(change.at("new"), is_duration);
    if (fresh) return fmt::format("      {}: {}\n", name, now);
    const auto before = value_text(change.at("old"), is_duration);
    if (change.at("old") == change.at("new")) return fmt::format("      {}: changes, and is not shown\n", name);
    return fmt::format("      {}: {} -> {}{}\n", name, before, now, change.value("by_hand", false) ? "   (changed by hand)" : "");
}

std::string step_text(const Json& step) {
    const auto action = step.at("action").get<std::string>();
    auto text = fmt::format("  {} {} {}", sign_of(action), step.at("kind").get<std::string>(), step.at("key").get<std::string>());
    if (const auto name = step.value("name", std::string{}); !name.empty()) text += fmt::format(" \"{}\"", name);
    if (step.at("id").is_string() && step["id"] != step["key"]) text += fmt::format(" ({})", step["id"].get<std::string>());
    const auto reason = step.value("reason", std::string{});
    if (action == "adopt") text += ": is there already, and is these files' from now on";
    if (action == "delete") text += ": " + reason;
    if (action == "orphan") text += ": " + reason + "; --prune deletes what the files made";
    if (action == "release") text += ": no file has it any more; " + reason + ", and stays as it is";
    if (action == "keep") text += ": is not deleted, for " + reason;
    if (action == "over") text += ": " + reason + ", and is not made";
    if (action == "create" && !reason.empty()) text += ": " + reason;
    text += '\n';
    for (const auto& change : step.at("changes")) text += change_text(change, action == "create");
    return text;
}

}  // namespace

std::string present(const Json& answer) {
    std::string text;
    for (const auto& step : answer.at("steps")) text += step_text(step);
    const bool plan = answer.at("mode") == "plan";
    const auto& count = answer.at("summary");
    const auto of = [&count](const char* action) { return count.at(action).get<std::int64_t>(); };
    std::int64_t changed = 0;
    for (const auto& step : answer.at("steps")) {
        const auto action = step.at("action").get<std::string>();
        changed += (action == "update" || action == "adopt") && !step.at("changes").empty() ? 1 : 0;
    }
    text += fmt::format("{}: {} {}, {} {}, {} {}, {} unchanged", plan ? "Plan" : "Done", of("create"), plan ? "to create" : "created", changed,
                        plan ? "to change" : "changed", of("delete"), plan ? "to delete" : "deleted", of("unchanged"));
    if (of("adopt") > 0) text += fmt::format(", {} {}", of("adopt"), plan ? "to adopt" : "adopted");
    if (of("release") > 0) text += fmt::format(", {} released", of("release"));
    if (of("orphan") > 0) text += fmt::format(", {} in no file any more", of("orphan"));
    if (of("over") > 0) text += fmt::format(", {} over", of("over"));
    if (of("keep") > 0) text += fmt::format(", {} kept", of("keep"));
    return text + "\n";
}

bool changes(const Json& answer) { return answer.at("changes").get<bool>(); }

}  // namespace sonde::cli::apply
