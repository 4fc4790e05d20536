#include "cli/files/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "lib/base/duration.h"
#include "lib/config/tree.h"
#include "lib/json/reader.h"

namespace sonde::cli::files {
namespace {

class Reading {
public:
    explicit Reading(Read& read) : read_(read) {}

    void document(const config::Tree& tree) {
        tree_ = &tree;
        if (tree.value.is_null()) return;
        if (!tree.value.is_object()) return mistake("", "must be a map of sections: sites, monitors, …");
        for (const auto& [name, entries] : tree.value.items()) {
            const auto at = '/' + json::escape_pointer(name);
            const auto section = std::find_if(kSections.begin(), kSections.end(), [&name = name](const Section& one) { return one.name == name; });
            if (section == kSections.end()) {
                mistake(at, fmt::format("there is no section \"{}\": they are {}", name, sections()));
            } else {
                each(entries, at, [&](const std::string& key, const Json& value, const std::string& pointer) {
                    resource(std::string(section->kind), key, value, pointer);
                });
            }
        }
    }

    std::vector<std::string> mistakes;

private:
    static std::string sections() {
        std::string text;
        for (const auto& section : kSections) text += (text.empty() ? "" : ", ") + std::string(section.name);
        return text;
    }

    [[nodiscard]] int line(const std::string& pointer) const {
        const auto found = tree_->lines.find(pointer);
        return found == tree_->lines.end() ? tree_->line : found->second;
    }

    void mistake(const std::string& pointer, const std::string& what) { mistakes.push_back(fmt::format("{}:{}: {}", read_.names.back(), line(pointer), what)); }

    template <class Visit>
    void each(const Json& map, const std::string& at, Visit visit) {
        if (map.is_null()) return;
        if (!map.is_object()) return mistake(at, "must be a map, each with its key");
        for (const auto& [key, value] : map.items()) {
            const auto pointer = at + '/' + json::escape_pointer(key);
            if (value.is_object() || value.is_null()) {
                visit(key, value.is_null() ? Json::object() : value, pointer);
            } else {
                mistake(pointer, fmt::format("\"{}\" must be a map of fields", key));
            }
        }
    }

    void resource(const std::string& kind, std::string key, Json fields, const std::string& at) {
        const auto own_key = key;
        if (kind == "monitor") {
            const auto site = fields.find("site");
            if (site == fields.end() || !site->is_string()) return mistake(at, fmt::format("the monitor \"{}\" needs a `site`, which is the key of one", key));
            key = site->get<std::string>() + '/' + key;
            fields.erase("site");
        }
        if (own_key.find('/') != std::string::npos) return mistake(at, "a key has no slash: a monitor's site stands before it by itself");
        add(kind, key, std::move(fields), at);
    }

    void add(const std::string& kind, const std::string& key, Json fields, const std::string& at) {
        const auto index = read_.resources.size();
        const auto pointer = fmt::format("/resources/{}", index);
        const Read::Place here{read_.names.size() - 1, line(at)};
        if (const auto [first, fresh] = first_.try_emplace({kind, key}, here); !fresh) {
            return mistake(at, fmt::format("the {} {} is there already, at {}:{}", kind, key, read_.names[first->second.file], first->second.line));
        }
        read_.places[pointer] = here;
        Resource resource{kind, key, {}, Json::object(), {}};
        if (const auto adopt = fields.find("adopt"); adopt != fields.end()) {
            if (!adopt->is_string()) return mistake(at + "/adopt", "`adopt` must be an identifier");
            resource.adopt = adopt->get<std::string>();
            read_.places[pointer + "/adopt"] = {here.file, line(at + "/adopt")};
            fields.erase("adopt");
        }
        Json monitors;
        if (const auto inner = fields.find("monitors"); kind == "site" && inner != fields.end()) {
            monitors = std::move(*inner);
            fields.erase("monitors");
        }
        resource.set = map(fields, at, pointer + "/set", "");
        read_.resources.push_back(std::move(resource));
        each(monitors, at + "/monitors", [&](const std::string& name, const Json& value, const std::string& place) {
            if (name.find('/') != std::string::npos) return mistake(place, "a key has no slash: a monitor's site stands before it by itself");
            if (value.contains("site")) return mistake(place + "/site", "the monitor stands within its site");
            add("monitor", key + '/' + name, value, place);
        });
    }

    // Fields as the API has them; `at` is where they stand in the file, `pointer` in the request.
    Json map(const Json& fields, const std::string& at, const std::string& pointer, std::string_view name) {
        note(at, pointer);
        Json out = Json::object();
        for (const auto& [field, value] : fields.items()) {
            const auto there = at + '/' + json::escape_pointer(field);
            if (field == "secrets" && value.is_object()) {
                out[field] = secrets(value, there, pointer + "/secrets");
                continue;
            }
            auto written = field;
            Json converted = value;
            const bool is_duration = std::find(kDurations.begin(), kDurations.end(), field) != kDurations.end();
            if (is_duration && !is_map_of_names(name) && !value.is_structured()) {
                written += "_ms";
                converted = duration(field, value, there);
            }
            const auto to = pointer + '/' + json::escape_pointer(written);
            if (out.contains(written)) mistake(there, fmt::format("\"{}\" is said twice, also as \"{}_ms\"", field, field));
            out[written] = any(converted, there, to, field);
        }
        return out;
    }

    Json any(const Json& value, const std::string& at, const std::string& pointer, std::string_view name) {
        if (value.is_object()) return map(value, at, pointer, name);
        note(at, pointer);
        if (!value.is_array()) return value;
        Json list = Json::array();
        for (std::size_t i = 0; i < value.size(); ++i) list.push_back(any(value[i], fmt::format("{}/{}", at, i), fmt::format("{}/{}", pointer, i), name));
        return list;
    }

    void note(const std::string& at, const std::string& pointer) {
        const auto found = tree_->lines.find(at);
        if (found != tree_->lines.end()) read_.places[pointer] = {read_.names.size() - 1, found->second};
    }

    Json duration(const std::string& field, const Json& value, const std::string& at) {
        if (value.is_null()) return nullptr;
        const auto parsed = value.is_string() ? parse_duration(value.get_ref<const std::string&>()) : std::nullopt;
        if (!parsed) {
            mistake(at, fmt::format("\"{}\" must be a duration as 500ms, 30s or 1h30m", field));
            return 0;
        }
        return parsed->count();
    }

    // Of each the value, `{env: NAME}` (what the variable has; while it is not set, what is there stays) or nothing (what is there stays).
    Json secrets(const Json& fields, const std::string& at, const std::string& pointer) {
        note(at, pointer);
        Json out = Json::object();
        for (const auto& [name, value] : fields.items()) {
            const auto there = at + '/' + json::escape_pointer(name);
            const auto to = pointer + '/' + json::escape_pointer(name);
            note(there, to);
            out[name] = secret(name, value, there, to);
        }
        return out;
    }

    Json secret(const std::string& name, const Json& value, const std::string& at, const std::string& pointer) {
        if (value.is_string() || value.is_null()) return value;
        if (value.is_object() && value.size() == 1 && value.contains("env") && value["env"].is_string()) {
            const auto& variable = value["env"].get_ref<const std::string&>();
            const auto* content = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe): nothing of ours changes the environment
            if (content != nullptr && *content != '\0') return content;
            read_.unset[pointer] = variable;
            return nullptr;
        }
        if (value.is_number() || value.is_boolean()) {
            mistake(at, fmt::format("the secret {} must be text: put it in quotes", name));
        } else {
            mistake(at, fmt::format("the secret {} must be text, {{env: NAME}}, or nothing to keep what there is", name));
        }
        return nullptr;
    }

    Read& read_;
    const config::Tree* tree_ = nullptr;
    std::map<std::pair<std::string, std::string>, Read::Place> first_;
};

}  // namespace

bool is_map_of_names(std::string_view field) { return field == "headers" || field == "metadata" || field == "secrets" || field == "regions"; }

Json Read::request(const std::string& owner, bool plan, bool prune) const {
    Json list = Json::array();
    for (const auto& resource : resources) {
        Json one{{"kind", resource.kind}, {"key", resource.key}};
        if (!resource.adopt.empty()) one["adopt"] = resource.adopt;
        one["set"] = resource.set;
        list.push_back(std::move(one));
    }
    return {{"owner", owner}, {"mode", plan ? "plan" : "apply"}, {"prune", prune}, {"resources", std::move(list)}};
}

std::string Read::place(const std::string& pointer) const {
    constexpr std::string_view prefix = "/resources/";
    if (!pointer.starts_with(prefix)) return {};
    const auto digits = pointer.substr(prefix.size(), pointer.find('/', prefix.size()) - prefix.size());
    const auto index = static_cast<std::size_t>(std::strtoull(digits.c_str(), nullptr, 10));
    if (index >= resources.size()) return {};
    auto nearest = pointer;
    auto found = places.find(nearest);
    while (found == places.end() && nearest.rfind('/') > 0) {
        nearest.resize(nearest.rfind('/'));
        found = places.find(nearest);
    }
    const auto set = fmt::format("{}{}/set/", prefix, digits);
    const auto field = pointer.starts_with(set) ? ", " + pointer.substr(set.size()) : std::string{};
    const auto where = found == places.end() ? std::string{} : fmt::format("{}:{}: ", names[found->second.file], found->second.line);
    return fmt::format("{}{} {}{}", where, resources[index].kind, resources[index].key, field);
}

Result<Read> read(const std::vector<Source>& sources) {
    Read all;
    Reading reading(all);
    for (const auto& source : sources) {
        all.names.push_back(source.name);
        const auto trees = config::read_trees(source.text, source.name, config::Variables::replace);
        if (!trees) {
            reading.mistakes.push_back(trees.error().message);
            continue;
        }
        for (const auto& tree : *trees) reading.document(tree);
    }
    if (reading.mistakes.empty()) return all;
    std::string text;
    for (const auto& mistake : reading.mistakes) text += (text.empty() ? "" : "\n") + mistake;
    return Error{text};
}

}  // namespace sonde::cli::files
