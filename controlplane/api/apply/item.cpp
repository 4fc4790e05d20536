#include "controlplane/api/apply/item.h"

#include <algorithm>

#include "controlplane/status_page/pages.h"
#include "lib/account/password.h"
#include "lib/channel/declaration.h"
#include "lib/json/reader.h"

namespace sonde::controlplane::apply_api {
namespace {

Json monitor_secrets_after(const Item& item) {
    Json all = Json::object();
    const auto owned = item.applied.value("secrets", Json::object());
    if (item.current != nullptr) {
        for (const auto& name : item.current->secret_names) {
            if (!owned.contains(name)) all[name] = nullptr;
        }
    }
    if (item.secrets.is_object()) all.update(item.secrets);
    return all;
}

bool is_same(Kind kind, const Secret& stored, const std::string& value) {
    return kind == Kind::status_page ? account::verify_password(stored.reveal(), Secret(value)) : stored.reveal() == value;
}

Json with_kept(const Item& item) {
    Json all = Json::object();
    for (const auto& name : item.current->secret_names) all[name] = nullptr;
    all.update(item.secrets);
    return all;
}

}  // namespace

Json parsed(const std::string& text) {
    auto document = json::parse(text, {.bytes = 64 << 20, .depth = 64});
    if (!document) throw db::DbError(db::Failure::broken, "what was applied " + document.error().message);
    return std::move(*document);
}

std::string title_of(const Json& document) {
    for (const auto* field : {"name", "title"}) {
        if (const auto found = document.find(field); found != document.end() && found->is_string()) return *found;
    }
    return {};
}

bool is_as_it_was(const Item& item) {
    if (!item.row || !item.old_key.empty() || item.fresh || item.row->resource != item.identifier || item.row->version != item.current->version) return false;
    const bool gives_secrets = item.secrets.is_object() && std::any_of(item.secrets.begin(), item.secrets.end(), [](const Json& value) { return !value.is_null(); });
    return !gives_secrets && item.row->applied == json::dump(said(item));
}

bool needs_reading(const Item& item) {
    const auto& names = item.current->secret_names;
    const auto there = [&names](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
    if (item.secrets.is_object()) {
        for (const auto& [name, value] : item.secrets.items()) {
            if (!value.is_null() || !there(name)) return true;
        }
    }
    if (item.wanted->kind == Kind::monitor) {
        const auto owned = item.applied.value("secrets", Json::object());
        for (const auto& [name, value] : owned.items()) {
            if (there(name) && !(item.secrets.is_object() && item.secrets.contains(name))) return true;
        }
    }
    return !desire(item.current->document, without_secrets(item.applied), item.patch, {}).same;
}

Json without_secrets(Json document) {
    document.erase("secrets");
    return document;
}

Json said(const Item& item) {
    auto document = item.patch;
    if (item.secrets.is_object()) {
        for (const auto& [name, value] : item.secrets.items()) document["secrets"][name] = "***";
    }
    return document;
}

Json secrets_after(const Item& item) {
    if (item.wanted->kind == Kind::monitor) return monitor_secrets_after(item);
    return item.secrets.is_object() ? with_kept(item) : Json::object();
}

Json given(const Json& secrets) {
    Json all = Json::object();
    if (!secrets.is_object()) return all;
    for (const auto& [name, value] : secrets.items()) {
        if (!value.is_null()) all[name] = value;
    }
    return all;
}

std::string missing_secret(const Json& channel, const Json& secrets) {
    const auto kind = channel.find("kind");
    const auto* declaration = kind != channel.end() && kind->is_string() ? channel::find(kind->get_ref<const std::string&>()) : nullptr;
    if (declaration == nullptr) return {};  // which is told elsewhere
    const auto there = given(secrets);
    for (const auto& field : declaration->secrets) {
        if (there.contains(field.name)) continue;
        if (field.type == channel::FieldType::signing_key && field.with.empty()) return "needs a `signing_key`: one that is made here would be shown to nobody";
        if (field.required) return "needs a `" + field.name + "`";
    }
    return {};
}

std::string missing_password(const Json& page, const Item& item) {
    const bool kept = item.current != nullptr && !item.current->secret_names.empty();
    const bool needed = page.value("access", "") == name_of(status_page::Access::password);
    return needed && !kept && !given(item.secrets).contains("password") ? "needs a `password`" : "";
}

void add_secret_changes(const Item& item, const Json& after, const check::Secrets& before, std::vector<Change>& changes) {
    const auto& names = item.current->secret_names;
    for (const auto& [name, value] : after.items()) {
        const bool there = std::find(names.begin(), names.end(), name) != names.end();
        const auto known = before.find(name);
        const bool other = value.is_string() && (known == before.end() || !is_same(item.wanted->kind, known->second, value.get_ref<const std::string&>()));
        if (other) changes.push_back({"/secrets/" + json::escape_pointer(name), there ? Json("***") : Json(nullptr), "***"});
    }
    for (const auto& name : names) {
        if (item.wanted->kind == Kind::monitor && !after.contains(name)) changes.push_back({"/secrets/" + json::escape_pointer(name), "***", nullptr});
    }
}

}  // namespace sonde::controlplane::apply_api
