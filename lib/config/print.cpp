#include <fmt/format.h>

#include <algorithm>

#include "lib/config/config.h"
#include "lib/config/yaml_text.h"

namespace sonde::config {
namespace {

std::string about(const Key& key) {
    auto text = key.type;
    if (!key.range.empty()) text += ", " + key.range;
    text += key.required ? "; required" : "; default " + key.fallback;
    if (key.reloadable) text += "; may be reloaded";
    return text;
}

// Writes `keys`, whose paths all begin with `prefix`, as one map; groups come where their first key is declared.
void print_group(const std::vector<const Key*>& keys, const std::string& prefix, std::string& text) {
    const std::string indent(static_cast<std::size_t>(std::count(prefix.begin(), prefix.end(), '.')) * 2, ' ');
    std::vector<std::string> groups_done;
    for (const auto* key : keys) {
        const auto rest = key->path.substr(prefix.size());
        const auto dot = rest.find('.');
        if (dot == std::string::npos) {
            text += fmt::format("{0}# {1}\n{0}# ({2})\n{0}{3}: {4}\n", indent, key->doc, about(*key), rest, key->target->print());
            continue;
        }
        const auto group = prefix + rest.substr(0, dot + 1);
        if (std::find(groups_done.begin(), groups_done.end(), group) != groups_done.end()) continue;
        groups_done.push_back(group);
        std::vector<const Key*> members;
        for (const auto* other : keys) {
            if (other->path.starts_with(group)) members.push_back(other);
        }
        text += fmt::format("{}{}:\n", indent, rest.substr(0, dot));
        print_group(members, group, text);
    }
}

std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '|') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

}  // namespace

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string yaml_text(std::string_view value) {
    std::string escaped;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value.substr(i).starts_with("${")) escaped += '$';
        escaped += value[i];
    }
    return config::quoted(escaped);
}

std::string print(const Keys& keys) {
    std::vector<const Key*> all;
    for (const auto& key : keys) all.push_back(&key);
    std::string text;
    print_group(all, "", text);
    return text;
}

std::string reference(const Keys& keys) {
    std::string text = "| Key | What it is | Default | Reload | Meaning |\n|---|---|---|---|---|\n";
    for (const auto& key : keys) {
        text += fmt::format(
            "| `{}` | {}{} | {} | {} | {} |\n", key.path, key.type, key.range.empty() ? "" : ": " + cell(key.range),
            key.required ? "required" : '`' + cell(key.fallback) + '`', key.reloadable ? "yes" : "restart", cell(key.doc));
    }
    return text;
}

}  // namespace sonde::config
