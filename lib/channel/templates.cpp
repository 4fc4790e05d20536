#include "lib/channel/templates.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "lib/template/template.h"

namespace sonde::channel {
namespace {

constexpr std::size_t kMostTitle = 1'000;
constexpr std::size_t kMostText = 8'000;
constexpr std::size_t kMostInAll = 64'000;

// Beside what the event's document has (notifier/channel/notice.h); a fact has a name and a value.
const std::set<std::string_view> kSaidAnyway{"title", "text", "facts", "name", "value", "link", "ack_url"};

bool may_name(const std::string& name) { return name == "." || kSaidAnyway.contains(name) || event_names().contains(name); }

void read_template(json::Reader& in, std::string_view field, std::optional<std::string>& target, const json::TextRule& rule) {
    std::string text;
    if (!in.has(field) || !in.text(field, text, rule)) return;
    if (const auto parsed = mustache::Template::parse(text); !parsed) {
        in.refuse(field, "is no template: " + parsed.error().message);
    } else if (const auto& names = parsed->names(); !std::all_of(names.begin(), names.end(), may_name)) {
        const auto unknown = std::find_if_not(names.begin(), names.end(), may_name);
        in.refuse(field, fmt::format("names {}, which neither an event nor what is said of it has", *unknown));
    } else {
        target = std::move(text);
    }
}

Words read_words(const Json& document, const std::string& pointer, json::Problems& problems) {
    Words words;
    json::Reader in(document, pointer, problems);
    read_template(in, "title", words.title, {.min = 1, .max = kMostTitle});
    read_template(in, "text", words.text, {.max = kMostText, .multi_line = true});
    in.finish();
    return words;
}

}  // namespace

Templates Templates::read(json::Reader& in, std::span<const std::string_view> kinds, json::Problems& problems) {
    Templates templates;
    const auto* document = in.object("templates");
    if (document == nullptr) return templates;
    for (const auto& [kind, words] : document->items()) {
        const auto place = fmt::format("{}/{}", in.pointer("templates"), json::escape_pointer(kind));
        if (kind != kAnyEvent && std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
            problems.push_back({place, fmt::format("must be \"*\" or one of {}", fmt::join(kinds, ", "))});
            continue;
        }
        templates.by_kind_[kind] = read_words(words, place, problems);
    }
    std::size_t size = 0;
    for (const auto& [kind, words] : templates.by_kind_) size += words.title.value_or("").size() + words.text.value_or("").size();
    if (size > kMostInAll) in.refuse("templates", fmt::format("must have at most {} bytes in all", kMostInAll));
    return templates;
}

Json Templates::document() const {
    Json all = Json::object();
    for (const auto& [kind, words] : by_kind_) {
        Json one = Json::object();
        if (words.title) one["title"] = *words.title;
        if (words.text) one["text"] = *words.text;
        all[kind] = std::move(one);
    }
    return all;
}

Templates Templates::stored(std::string_view text) {
    Templates templates;
    const auto document = json::parse(text);
    if (!document || !document->is_object()) return templates;
    const auto text_of = [](const Json& words, const char* field) {
        const auto found = words.is_object() ? words.find(field) : words.end();
        return words.is_object() && found != words.end() && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
    };
    for (const auto& [kind, words] : document->items()) templates.by_kind_[kind] = {text_of(words, "title"), text_of(words, "text")};
    return templates;
}

Words Templates::of(std::string_view kind) const {
    Words words;
    if (const auto any = by_kind_.find(kAnyEvent); any != by_kind_.end()) words = any->second;
    if (const auto own = by_kind_.find(kind); own != by_kind_.end()) {
        if (own->second.title) words.title = own->second.title;
        if (own->second.text) words.text = own->second.text;
    }
    return words;
}

}  // namespace sonde::channel
