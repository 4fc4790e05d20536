#include "controlplane/api/apply/reference.h"

#include <fmt/format.h>

#include "controlplane/api/apply/fields.h"

namespace sonde::controlplane::apply_api {
namespace {

// In place, if the field is there.
template <class Change>
void change_field(Json& document, const char* field, Change change) {
    if (!document.is_object()) return;
    if (const auto found = document.find(field); found != document.end()) *found = change(*found);
}

// `site` becomes `site_id`.
template <class Change>
void take_id(Json& document, const std::string& field, Change change) {
    const auto named = document.find(field);
    if (named == document.end()) return;
    const Json id = named->is_null() ? Json(nullptr) : change(*named);
    document.erase(field);
    document[field + "_id"] = id;
}
template <class Change>
void take_site(Json& document, Change change) {
    take_id(document, "site", change);
}

// The key of the files is a field of the API.
void take_key(Json& document, Kind kind, const std::string& key, const std::string& pointer, json::Problems& problems) {
    const std::string field(key_field(kind));
    if (document.contains(field)) problems.push_back({pointer + '/' + field, fmt::format("is the key of the {} and not said again", name_of(kind))});
    document[field] = key;
}

// Of a status page, each with its place in it.
template <class Visit>
void each_component(Json& page, Visit visit) {
    const auto groups = page.find("groups");
    if (groups == page.end() || !groups->is_array()) return;
    for (std::size_t g = 0; g < groups->size(); ++g) {
        auto& group = (*groups)[g];
        const auto components = group.is_object() ? group.find("components") : group.end();
        if (!group.is_object() || components == group.end() || !components->is_array()) continue;
        for (std::size_t c = 0; c < components->size(); ++c) visit((*components)[c], fmt::format("/groups/{}/components/{}", g, c));
    }
}

// What is a key in files and an identifier, with `_id`, in the API.
std::vector<std::string_view> keys_for_ids(Kind kind) {
    switch (kind) {
        case Kind::group: return {"site"};
        case Kind::route: return {"escalation"};
        case Kind::route_override: return {"site", "escalation"};
        case Kind::drill: return {"monitor", "channel"};
        case Kind::schedule_override: return {"schedule"};
        default: return {};
    }
}

bool says_nothing(const Json& value) { return value == "" || value == Json::array() || (value.is_object() && fields_of(value).empty()); }

// The way back.
void put_escalation(Json& named, const Json& key) {
    named.erase("escalation_id");
    named["escalation"] = key;
}

// Likewise, in the first place.
void put_first(Json& named, const std::string& field, const Json& key) {
    Json first;
    first[field] = key;
    named.erase(field + "_id");
    first.update(named);
    named = std::move(first);
}

}  // namespace

std::string pointer_in_files(Kind kind, const Json& set, const std::string& pointer) {
    for (const auto field : keys_for_ids(kind)) {
        if (pointer == fmt::format("/{}_id", field) && !set.contains(pointer.substr(1))) return fmt::format("/{}", field);
    }
    return pointer;
}

void References::tell(Kind kind, const std::string& key, const std::string& identifier) {
    by_key_[{kind, key}] = identifier;
    if (kind != Kind::region) by_identifier_[identifier] = key;
}

Json References::one(Kind kind, const Json& value, const std::string& pointer, json::Problems& problems) const {
    if (!value.is_string()) {
        problems.push_back({pointer, fmt::format("must be the key or the identifier of a {}", name_of(kind))});
        return value;
    }
    const auto& text = value.get_ref<const std::string&>();
    if (is_identifier(kind, text)) return value;
    const auto found = by_key_.find({kind, text});
    if (found != by_key_.end()) return found->second.empty() ? value : Json(found->second);
    problems.push_back({pointer, fmt::format("there is no {} \"{}\" in these files", name_of(kind), text)});
    return value;
}

Json References::list(Kind kind, const Json& value, const std::string& pointer, json::Problems& problems) const {
    if (!value.is_array()) return value;  // which the reader of the document refuses
    Json all = Json::array();
    for (std::size_t i = 0; i < value.size(); ++i) all.push_back(one(kind, value[i], fmt::format("{}/{}", pointer, i), problems));
    return all;
}

Json References::node(const Json& value, const std::string& pointer, json::Problems& problems) const {
    for (const auto kind : {Kind::monitor, Kind::site, Kind::group}) {
        const auto field = std::string(name_of(kind));
        if (value.is_object() && value.size() == 1 && value.contains(field)) {
            return {{"kind", field}, {"id", one(kind, value[field], pointer + '/' + field, problems)}};
        }
    }
    problems.push_back({pointer, "must be one of `monitor`, `site` and `group` with a key: {monitor: shop/home}"});
    return value;
}

Json References::resolve(Kind kind, const std::string& key, const Json& set, const std::string& pointer, json::Problems& problems) const {
    auto document = set;
    const auto at = [&](const char* field) { return pointer + '/' + field; };
    switch (kind) {
        case Kind::region:
            take_key(document, kind, key, pointer, problems);
            change_field(document, "anchors", [&](const Json& value) { return list(Kind::monitor, value, at("anchors"), problems); });
            break;
        case Kind::monitor: {
            if (document.contains("site")) problems.push_back({at("site"), "is the first half of the monitor's key and not said again"});
            const auto found = by_key_.find({Kind::site, key.substr(0, key.find('/'))});
            if (found == by_key_.end()) {
                problems.push_back({pointer, fmt::format("there is no site \"{}\" in these files", key.substr(0, key.find('/')))});
            } else {
                document["site_id"] = found->second;
            }
            break;
        }
        case Kind::group:
            take_site(document, [&](const Json& value) { return one(Kind::site, value, at("site"), problems); });
            change_field(document, "members", [&](const Json& value) { return list(Kind::monitor, value, at("members"), problems); });
            break;
        case Kind::dependency:
            for (const auto* end : {"child", "parent"}) change_field(document, end, [&](const Json& value) { return node(value, at(end), problems); });
            break;
        case Kind::maintenance:
            change_field(document, "targets", [&](Json targets) {
                change_field(targets, "sites", [&](const Json& value) { return list(Kind::site, value, at("targets/sites"), problems); });
                change_field(targets, "monitors", [&](const Json& value) { return list(Kind::monitor, value, at("targets/monitors"), problems); });
                return targets;
            });
            break;
        case Kind::route:
            change_field(document, "match", [&](Json match) {
                change_field(match, "sites", [&](const Json& value) { return list(Kind::site, value, at("match/sites"), problems); });
                return match;
            });
            change_field(document, "channels", [&](const Json& value) { return list(Kind::channel, value, at("channels"), problems); });
            take_id(document, "escalation", [&](const Json& value) { return one(Kind::escalation, value, at("escalation"), problems); });
            break;
        case Kind::escalation:
            change_field(document, "steps", [&](Json steps) {
                if (!steps.is_array()) return steps;
                for (std::size_t i = 0; i < steps.size(); ++i) {
                    for (const auto& [field, named] : {std::pair{"channels", Kind::channel}, std::pair{"schedules", Kind::schedule}}) {
                        change_field(steps[i], field,
                                     [&, field = field, named = named](const Json& value) { return list(named, value, fmt::format("{}/{}/{}", at("steps"), i, field), problems); });
                    }
                }
                return steps;
            });
            break;
        case Kind::route_override:
            take_site(document, [&](const Json& value) { return one(Kind::site, value, at("site"), problems); });
            take_id(document, "escalation", [&](const Json& value) { return one(Kind::escalation, value, at("escalation"), problems); });
            for (const auto* field : {"add", "mute", "replace"}) {
                change_field(document, field, [&](const Json& value) { return list(Kind::channel, value, at(field), problems); });
            }
            break;
        case Kind::status_page:
            take_key(document, kind, key, pointer, problems);
            change_field(document, "mail_channel_id", [&](const Json& value) { return value.is_null() ? value : one(Kind::channel, value, at("mail_channel_id"), problems); });
            each_component(document, [&](Json& component, const std::string& place) {
                change_field(component, "monitors", [&](const Json& value) { return list(Kind::monitor, value, pointer + place + "/monitors", problems); });
                change_field(component, "sites", [&](const Json& value) { return list(Kind::site, value, pointer + place + "/sites", problems); });
            });
            break;
        case Kind::drill:
            take_id(document, "monitor", [&](const Json& value) { return one(Kind::monitor, value, at("monitor"), problems); });
            take_id(document, "channel", [&](const Json& value) { return one(Kind::channel, value, at("channel"), problems); });
            break;
        case Kind::schedule_override:
            take_id(document, "schedule", [&](const Json& value) { return one(Kind::schedule, value, at("schedule"), problems); });
            break;
        case Kind::channel:
            change_field(document, "fallback_channel_id", [&](const Json& value) { return value.is_null() ? value : one(Kind::channel, value, at("fallback_channel_id"), problems); });
            break;
        case Kind::site:
        case Kind::schedule: break;
    }
    return document;
}

Json References::name_value(const Json& value) const {
    if (value.is_string()) {
        const auto found = by_identifier_.find(value.get_ref<const std::string&>());
        return found == by_identifier_.end() ? value : Json(found->second);
    }
    if (value.is_object()) {
        Json named = Json::object();
        for (const auto& [field, inner] : value.items()) named[field] = name_value(inner);
        return named;
    }
    if (!value.is_array()) return value;
    Json all = Json::array();
    for (const auto& item : value) all.push_back(name_value(item));
    return all;
}

Json References::name(Kind kind, const Json& document) const {
    auto named = document;
    const auto value = [this](const Json& field) { return name_value(field); };
    switch (kind) {
        case Kind::region:
            named.erase("name");
            change_field(named, "anchors", value);
            break;
        case Kind::monitor: named.erase("site_id"); break;
        case Kind::group:
            put_first(named, "site", name_value(named["site_id"]));
            change_field(named, "members", value);
            break;
        case Kind::route:
            change_field(named, "match", [&](Json match) {
                change_field(match, "sites", value);
                return match;
            });
            change_field(named, "channels", value);
            if (named.contains("escalation_id")) put_escalation(named, name_value(named["escalation_id"]));
            break;
        case Kind::escalation:
            change_field(named, "steps", value);
            break;
        case Kind::route_override:
            put_first(named, "site", name_value(named["site_id"]));
            if (named.contains("escalation_id")) put_escalation(named, name_value(named["escalation_id"]));
            for (const auto* field : {"add", "mute", "replace"}) change_field(named, field, value);
            break;
        case Kind::dependency:
            for (const auto* end : {"child", "parent"}) {
                change_field(named, end, [&](const Json& node) { return Json{{node["kind"].get<std::string>(), name_value(node["id"])}}; });
            }
            break;
        case Kind::maintenance:
            change_field(named, "targets", [&](Json targets) {
                for (const auto* field : {"sites", "monitors"}) {
                    change_field(targets, field, value);
                    if (targets.contains(field) && targets[field].empty()) targets.erase(field);
                }
                if (targets.contains("tags") && targets["tags"].empty()) targets.erase("tags");
                return targets;
            });
            break;
        case Kind::status_page:
            named.erase("slug");
            change_field(named, "mail_channel_id", value);
            each_component(named, [&](Json& component, const std::string&) {
                for (const auto* field : {"monitors", "sites"}) change_field(component, field, value);
                for (const auto* field : {"description", "monitors", "sites", "shows_latency"}) {
                    if (const auto found = component.find(field); found != component.end() && says_nothing(*found)) component.erase(found);
                }
            });
            break;
        case Kind::drill:
            for (const auto* field : {"channel", "monitor"}) put_first(named, field, name_value(named[std::string(field) + "_id"]));
            break;
        case Kind::schedule_override: put_first(named, "schedule", name_value(named["schedule_id"])); break;
        case Kind::channel: change_field(named, "fallback_channel_id", value); break;
        case Kind::site:
        case Kind::schedule: break;
    }
    return named;
}

}  // namespace sonde::controlplane::apply_api
