#include "cli/files/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lib/base/duration.h"
#include "lib/config/yaml_writer.h"

namespace sonde::cli::files {
namespace {

// `interval_ms: 30000` as `interval: 30s`, at any depth.
Json readable(const Json& value, std::string_view name) {
    if (value.is_array()) {
        Json list = Json::array();
        for (const auto& item : value) list.push_back(readable(item, name));
        return list;
    }
    if (!value.is_object()) return value;
    Json map = Json::object();
    for (const auto& [field, inner] : value.items()) {
        const auto plain = field.ends_with("_ms") ? field.substr(0, field.size() - 3) : std::string{};
        const bool is_duration = !is_map_of_names(name) && std::find(kDurations.begin(), kDurations.end(), plain) != kDurations.end();
        if (is_duration && inner.is_number_integer()) {
            map[plain] = format_duration(milliseconds{inner.get<std::int64_t>()});
        } else {
            map[field] = readable(inner, field);
        }
    }
    return map;
}

std::string comment(const std::vector<std::string>& lines, std::size_t indent) {
    std::string text;
    for (const auto& line : lines) {
        std::string clean;
        for (const char c : line) clean += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        text += std::string(indent, ' ') + "# " + clean + '\n';
    }
    return text;
}

class Writing {
public:
    explicit Writing(const std::vector<Resource>& resources) {
        for (const auto& resource : resources) {
            if (resource.kind == "monitor") monitors_[resource.key.substr(0, resource.key.find('/'))].push_back(&resource);
        }
    }

    [[nodiscard]] std::string one(const Resource& resource) const {
        const auto slash = resource.key.find('/');
        const auto key = slash == std::string::npos ? resource.key : resource.key.substr(slash + 1);
        const int indent = resource.kind == "monitor" ? 6 : 2;
        auto text = comment(resource.notes, static_cast<std::size_t>(indent)) + std::string(static_cast<std::size_t>(indent), ' ') + config::write_yaml_text(key) + ":";
        auto fields = readable(resource.set, "");
        if (!resource.adopt.empty()) {
            Json first{{"adopt", resource.adopt}};
            first.update(fields);
            fields = std::move(first);
        }
        const auto inner = resource.kind == "site" ? monitors_.find(resource.key) : monitors_.end();
        if (fields.empty() && inner == monitors_.end()) return text + " {}\n";
        text += '\n' + config::write_yaml(fields, indent + 2);
        if (inner != monitors_.end()) {
            text += "    monitors:\n";
            for (const auto* monitor : inner->second) text += one(*monitor);
        }
        return text;
    }

private:
    std::map<std::string, std::vector<const Resource*>> monitors_;
};

std::string section_text(const Writing& writing, const Section& section, const std::vector<Resource>& resources) {
    std::string text;
    if (section.kind == "monitor") return text;  // they stand within their sites
    for (const auto& resource : resources) {
        if (resource.kind == section.kind) text += writing.one(resource);
    }
    return text.empty() ? text : std::string(section.name) + ":\n" + text;
}

}  // namespace

std::string write_one(const std::vector<Resource>& resources, const std::vector<std::string>& head) {
    const Writing writing(resources);
    auto text = comment(head, 0);
    for (const auto& section : kSections) {
        const auto part = section_text(writing, section, resources);
        if (!part.empty()) text += (text.empty() ? "" : "\n") + part;
    }
    return text;
}

std::map<std::string, std::string> write_many(const std::vector<Resource>& resources, const std::vector<std::string>& head) {
    const Writing writing(resources);
    std::map<std::string, std::string> files;
    const auto begin = comment(head, 0);
    for (const auto& section : kSections) {
        if (section.kind == "site") {
            for (const auto& resource : resources) {
                if (resource.kind == "site") files["sites/" + resource.key + ".yaml"] = begin + "sites:\n" + writing.one(resource);
            }
        } else if (const auto part = section_text(writing, section, resources); !part.empty()) {
            files[std::string(section.name) + ".yaml"] = begin + part;
        }
    }
    return files;
}

std::string variable_for(const std::string& key, const std::string& secret) {
    std::string text = "SONDE_";
    for (const char c : key + '_' + secret) {
        const bool lower = c >= 'a' && c <= 'z';
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        text += lower ? static_cast<char>(c & ~0x20) : plain ? c : '_';
    }
    return text;
}

std::vector<Resource> from_export(const Json& document) {
    std::vector<Resource> resources;
    std::set<std::string> taken;  // keys that differ in a sign alone would have one variable
    const auto variable = [&taken](const std::string& key, const std::string& secret) {
        auto name = variable_for(key, secret);
        for (int number = 2; !taken.insert(name).second; ++number) name = fmt::format("{}_{}", variable_for(key, secret), number);
        return name;
    };
    for (const auto& item : document.at("resources")) {
        Resource resource{item.at("kind"), item.at("key"), item.value("adopt", std::string{}), item.at("set"), {}};
        if (const auto secrets = resource.set.find("secrets"); secrets != resource.set.end()) {
            for (auto& [name, value] : secrets->items()) value = {{"env", variable(resource.key, name)}};
        }
        resources.push_back(std::move(resource));
    }
    return resources;
}

}  // namespace sonde::cli::files
