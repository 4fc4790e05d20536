#include "lib/config/config.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <set>
#include <system_error>

#include "lib/config/document.h"
#include "lib/config/yaml_text.h"

namespace sonde::config {
namespace {

constexpr std::size_t kReadAtMost = (1 << 20) + 1;  // one byte more than a document may have, so that too much is told

Result<std::string> read_file(const std::string& file) {
    const auto failed = [&file] {
        return Error{fmt::format("{}: cannot be read: {}", file, std::generic_category().message(errno))};
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(std::fopen(file.c_str(), "re"), &std::fclose);
    if (!opened) return failed();
    std::string text(kReadAtMost, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), opened.get()));
    if (std::ferror(opened.get()) != 0) return failed();
    return text;
}

// As it stands in the file, cut short; nothing where it would give a secret away.
std::string as_written(const Setting& setting) {
    if (setting.key->secret || setting.is_list) return {};
    constexpr std::size_t longest = 60;
    const std::string_view text = setting.source;
    if (text.size() <= longest) return fmt::format(", not {}", quoted(text));
    auto end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // never inside a UTF-8 sequence
    return fmt::format(", not {}…", quoted(text.substr(0, end)));
}

// Where a key that is missing would have stood: at its innermost group that is there.
int line_of_missing(const std::string& path, const Document& document) {
    for (auto dot = path.rfind('.'); dot != std::string::npos && dot > 0; dot = path.rfind('.', dot - 1)) {
        if (const auto group = document.lines.find(path.substr(0, dot)); group != document.lines.end()) return group->second;
    }
    return 1;
}

// Stages the value of every key: the file's or the default. Returns the keys that have none.
std::set<const Key*> stage(const Keys& keys, const Document& document, Mistakes& mistakes) {
    std::set<const Key*> refused;
    for (const auto& key : keys) {
        key.target->stage_default();
        const bool there = document.lines.contains(key.path);
        if (there || key.required) refused.insert(&key);
        if (!there && key.required) {
            mistakes.add(line_of_missing(key.path, document), fmt::format("the key \"{}\" is required", key.path));
        }
    }
    for (const auto& setting : document.settings) {
        const auto wrong = setting.key->target->stage(setting.values, setting.is_list);
        if (wrong.empty()) {
            refused.erase(setting.key);
        } else {
            mistakes.add(setting.line, fmt::format("\"{}\" {}{}", setting.key->path, wrong, as_written(setting)));
        }
    }
    return refused;
}

void check(const Keys& keys, const Document& document, Mistakes& mistakes, const std::set<const Key*>& refused) {
    for (const auto& key : keys) {
        if (refused.contains(&key)) continue;
        for (const auto& ask : key.checks) {
            const auto wrong = ask();
            if (wrong.empty()) continue;
            const auto line = document.lines.find(key.path);
            mistakes.add(line == document.lines.end() ? 1 : line->second, fmt::format("\"{}\" {}", key.path, wrong));
        }
    }
}

Result<Reloaded> apply(std::string_view text, const std::string& name, const Keys& keys, bool running) {
    Mistakes mistakes(name);
    const auto document = read_document(text, keys, mistakes);
    if (!document) return mistakes.error();
    const auto refused = stage(keys, *document, mistakes);

    Reloaded outcome;
    std::vector<Target*> swapped;
    for (const auto& key : keys) {
        if (refused.contains(&key) || !key.target->differs()) continue;
        if (running && !key.reloadable) {
            outcome.need_restart.push_back(key.path);
            continue;
        }
        key.target->swap();
        swapped.push_back(key.target.get());
        outcome.changed.push_back(key.path);
    }
    check(keys, *document, mistakes, refused);
    if (mistakes.empty()) return outcome;
    for (auto* target : swapped) target->swap();
    return mistakes.error();
}

}  // namespace

Status load_text(std::string_view text, const std::string& name, const Keys& keys) {
    if (auto outcome = apply(text, name, keys, false); !outcome) return outcome.error();
    return Done{};
}

Status load(const std::string& file, const Keys& keys) {
    const auto text = read_file(file);
    if (!text) return text.error();
    return load_text(*text, file, keys);
}

Result<Reloaded> reload_text(std::string_view text, const std::string& name, const Keys& keys) {
    return apply(text, name, keys, true);
}

Result<Reloaded> reload(const std::string& file, const Keys& keys) {
    const auto text = read_file(file);
    if (!text) return text.error();
    return reload_text(*text, file, keys);
}

}  // namespace sonde::config
