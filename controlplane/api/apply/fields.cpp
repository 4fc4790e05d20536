#include "controlplane/api/apply/fields.h"

#include <algorithm>
#include <array>

#include "lib/check/http/header.h"
#include "lib/check/http/url_credentials.h"
#include "lib/json/reader.h"

namespace sonde::controlplane::apply_api {
namespace {

// What makes sense as a whole alone: an object, or null where there is none.
bool is_said_whole(std::string_view name) { return name == "reminders"; }

void gather(const Json& document, const std::string& at, Fields& fields) {
    if (!document.is_object() || is_said_whole(at.substr(at.rfind('/') + 1))) {
        fields.emplace(at, document);
        return;
    }
    for (const auto& [name, value] : document.items()) gather(value, at + '/' + json::escape_pointer(name), fields);
}

std::string unescape(std::string_view token) {
    std::string text;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] == '~' && i + 1 < token.size()) {
            text += token[++i] == '1' ? '/' : '~';
        } else {
            text += token[i];
        }
    }
    return text;
}

std::string last_token(std::string_view pointer) { return unescape(pointer.substr(pointer.rfind('/') + 1)); }

bool merges_in(const Json& document, const Json& patch, bool is_auth) {
    if (!document.is_object()) return false;
    return !is_auth || !patch.contains("type") || !document.contains("type") || document["type"] == patch["type"];
}

void merge_at(Json& document, const Json& patch, std::string_view field) {
    if (!patch.is_object() || is_said_whole(field)) {
        document = patch;
        return;
    }
    if (!merges_in(document, patch, field == "auth")) document = Json::object();
    for (const auto& [name, value] : patch.items()) {
        if (value.is_null()) {
            document.erase(name);
        } else {
            merge_at(document[name], value, name);
        }
    }
}

bool is_confidential(const std::string& name) {
    static constexpr std::array<std::string_view, 6> names{"password", "proxy_password", "client_secret", "tls_key", "signing_key", "previous_signing_key"};
    return std::find(names.begin(), names.end(), name) != names.end() || check::is_secret_header(name) || check::is_credential_parameter(name);
}

}  // namespace

Fields fields_of(const Json& document) {
    Fields fields;
    if (document.is_object()) gather(document, "", fields);
    return fields;
}

void remove_field(Json& document, const std::string& pointer) {
    if (!document.is_object() || pointer.empty()) return;
    const auto end = pointer.find('/', 1);
    const auto name = unescape(std::string_view(pointer).substr(1, end == std::string::npos ? end : end - 1));
    const auto found = document.find(name);
    if (found == document.end()) return;
    if (end == std::string::npos) {
        document.erase(found);
        return;
    }
    remove_field(*found, pointer.substr(end));
    if (found->is_object() && found->empty()) document.erase(found);
}

void merge(Json& document, const Json& patch) { merge_at(document, patch, ""); }

std::vector<Change> differences(const Json& before, const Json& after) {
    const auto old_fields = fields_of(before);
    const auto new_fields = fields_of(after);
    std::vector<Change> changes;
    for (const auto& [field, value] : old_fields) {
        const auto there = new_fields.find(field);
        if (there == new_fields.end()) {
            changes.push_back({field, value, nullptr});
        } else if (!json::same_content(value, there->second)) {
            changes.push_back({field, value, there->second});
        }
    }
    for (const auto& [field, value] : new_fields) {
        if (!old_fields.contains(field)) changes.push_back({field, nullptr, value});
    }
    std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.field < b.field; });
    return changes;
}

Json masked(std::string_view field, const Json& value) {
    if (value.is_array()) {
        Json list = Json::array();
        for (const auto& item : value) list.push_back(masked(field, item));
        return list;
    }
    if (value.is_object()) {
        Json object = Json::object();
        for (const auto& [name, inner] : value.items()) object[name] = masked('/' + json::escape_pointer(name), inner);
        return object;
    }
    if (!value.is_string()) return value;
    const auto& text = value.get_ref<const std::string&>();
    if (text.empty() || (text.starts_with("{{secrets.") && text.ends_with("}}"))) return value;
    return is_confidential(last_token(field)) ? Json("***") : Json(check::without_credentials(text));
}

}  // namespace sonde::controlplane::apply_api
