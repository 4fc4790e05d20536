#include "cli/import/findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/files/write.h"
#include "lib/base/duration.h"
#include "lib/base/slug.h"

namespace sonde::cli::import_from {
namespace {

constexpr std::size_t kLongestName = 200;

bool says_nothing(const Json& value) {
    if (value.is_null()) return true;
    if (value.is_boolean()) return !value.get<bool>();
    if (value.is_number()) return value.get<double>() == 0;
    return value.is_string() ? value.get_ref<const std::string&>().empty() : value.empty();
}

// As people read it: what it is before how it is checked.
Json in_order(const Json& set) {
    Json ordered = Json::object();
    for (const auto* field : {"name", "kind", "interval_ms", "timeout_ms"}) {
        if (const auto found = set.find(field); found != set.end()) ordered[field] = *found;
    }
    for (const auto& [field, value] : set.items()) {
        if (!ordered.contains(field)) ordered[field] = value;
    }
    return ordered;
}

// A name the API takes: of what is too long the beginning.
std::string fitting_name(std::string name, std::string_view otherwise) {
    for (auto& c : name) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    if (name.size() > kLongestName) {
        auto end = kLongestName;
        while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
        name.resize(end);
    }
    return name.empty() ? std::string(otherwise) : name;
}

void name_secrets(Json& set, const std::string& key, std::vector<std::string>& notes) {
    const auto secrets = set.find("secrets");
    if (secrets == set.end()) return;
    for (auto& [name, value] : secrets->items()) {
        const auto variable = files::variable_for(key, name);
        value = {{"env", variable}};
        notes.push_back(fmt::format("the secret {} is not written: put it into the environment variable {}", name, variable));
    }
}

}  // namespace

std::string Findings::site(const std::string& name) {
    const auto fitting = fitting_name(name, "Imported");
    if (const auto known = sites_.find(fitting); known != sites_.end()) return known->second;
    const auto key = unused_slug(fitting, "site", taken);
    sites_[fitting] = key;
    resources.push_back({"site", key, {}, {{"name", fitting}}, {}});
    return key;
}

void Findings::add_monitor(const std::string& site, Json set, std::vector<std::string> notes) {
    set["name"] = fitting_name(set.value("name", std::string{}), "monitor");
    std::set<std::string> within;
    for (const auto& key : taken) {
        if (key.starts_with(site + '/')) within.insert(key.substr(site.size() + 1));
    }
    const auto key = site + '/' + unused_slug(set["name"].get<std::string>(), "monitor", within);
    taken.insert(key);
    name_secrets(set, key, notes);
    resources.push_back({"monitor", key, {}, in_order(set), std::move(notes)});
}

void Findings::add_channel(Json set, std::vector<std::string> notes) {
    set["name"] = fitting_name(set.value("name", std::string{}), "channel");
    std::set<std::string> channels;
    for (const auto& one : resources) {
        if (one.kind == "channel") channels.insert(one.key);
    }
    const auto key = unused_slug(set["name"].get<std::string>(), "channel", channels);
    name_secrets(set, key, notes);
    resources.push_back({"channel", key, {}, std::move(set), std::move(notes)});
}

std::vector<std::string> lines_of(const Findings& findings) {
    std::vector<std::string> lines = findings.left_out;
    for (const auto& resource : findings.resources) {
        for (const auto& note : resource.notes) lines.push_back(fmt::format("{} {}: {}", resource.kind, resource.key, note));
    }
    return lines;
}

const Json* Fields::take(std::string_view name) {
    asked_.emplace(name);
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(std::string(name));
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::string Fields::text(std::string_view name) {
    const auto* value = take(name);
    if (value == nullptr || value->is_structured()) return {};
    return value->is_string() ? value->get<std::string>() : json::dump(*value);
}

bool Fields::flag(std::string_view name, bool otherwise) {
    const auto* value = take(name);
    if (value == nullptr) return otherwise;
    if (value->is_boolean()) return value->get<bool>();
    return value->is_number() ? value->get<double>() != 0 : otherwise;
}

std::optional<std::int64_t> Fields::whole(std::string_view name) {
    const auto* value = take(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_number_integer()) return value->get<std::int64_t>();
    if (value->is_number()) return static_cast<std::int64_t>(std::clamp(value->get<double>(), -1e15, 1e15));
    return std::nullopt;
}

void Fields::pass_over(std::initializer_list<std::string_view> names) {
    for (const auto name : names) asked_.emplace(name);
}

void Fields::tell_the_rest(std::vector<std::string>& notes) const {
    if (!object_.is_object()) return;
    for (const auto& [name, value] : object_.items()) {
        if (!asked_.contains(name) && !says_nothing(value)) notes.push_back(fmt::format("`{}: {}` is not taken over", name, shown(value)));
    }
}

std::string secret_reference(Json& set, const std::string& name) {
    set["secrets"][name] = nullptr;
    return "{{secrets." + name + "}}";
}

std::string shown(const Json& value) {
    constexpr std::size_t longest = 80;
    auto text = json::dump(value);
    if (text.size() <= longest) return text;
    auto end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
    return text + "…";
}

std::string escape_regex(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (std::string_view(R"(\.+*?()|[]{}^$)").find(c) != std::string_view::npos) escaped += '\\';
        escaped += c;
    }
    return escaped;
}

void set_times(Json& set, std::optional<std::int64_t> interval_ms, std::optional<std::int64_t> timeout_ms, std::vector<std::string>& notes) {
    constexpr std::int64_t shortest = 5'000;
    constexpr std::int64_t longest = 86'400'000;
    constexpr std::int64_t shortest_timeout = 100;
    constexpr std::int64_t longest_timeout = 120'000;
    std::int64_t interval = 60'000;
    const auto text = [](std::int64_t ms) { return format_duration(milliseconds{ms}); };
    if (interval_ms && *interval_ms > 0) {
        interval = std::clamp(*interval_ms, shortest, longest);
        set["interval_ms"] = interval;
        if (interval != *interval_ms) notes.push_back(fmt::format("the interval was {}, and is {}", text(std::min(*interval_ms, std::int64_t{1'000'000'000'000})), text(interval)));
    }
    if (!timeout_ms || *timeout_ms <= 0) return;
    auto timeout = std::clamp(*timeout_ms, shortest_timeout, longest_timeout);
    if (timeout >= interval) timeout = interval * 4 / 5;
    if (timeout >= longest_timeout) timeout = longest_timeout;
    set["timeout_ms"] = timeout;
    if (timeout != *timeout_ms) notes.push_back(fmt::format("the time-out was {}, and is {}", text(std::min(*timeout_ms, std::int64_t{1'000'000'000'000})), text(timeout)));
}

}  // namespace sonde::cli::import_from
