#include "lib/channel/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lib/crypto/crypto.h"
#include "lib/crypto/pem.h"
#include "lib/net/url.h"

namespace sonde::channel {
namespace {

constexpr std::string_view kKeyPrefix = "whsec_";

void check_url(json::Reader& in, const Field& field, const std::string& text) {
    const auto url = net::parse_url(text);
    if (!url) {
        in.refuse(field.name, url.error().message);
    } else if (url->has_userinfo) {
        in.refuse(field.name, "must not contain credentials");
    } else if (url->has_fragment) {
        in.refuse(field.name, "must not have a fragment");
    } else if (!field.query && !url->query.empty()) {
        in.refuse(field.name, "must not have a query");
    }
}

bool fits(const Field& field, const std::string& text) { return !field.fitting || field.fitting->matches(text); }

void check_texts(const Field& field, const std::vector<std::string>& texts, const std::string& pointer, json::Problems& problems) {
    if (texts.empty()) problems.push_back({pointer, "must have at least one"});
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto at = fmt::format("{}/{}", pointer, i);
        if (!fits(field, texts[i])) problems.push_back({at, "must be " + field.form});
        if (!seen.insert(texts[i]).second) problems.push_back({at, "is there twice"});
    }
}

void check_field(json::Reader& in, const Field& field, json::Problems& problems) {
    std::string text;
    std::int64_t number = 0;
    bool flag = false;
    std::vector<std::string> texts;
    const json::TextRule rule{.min = static_cast<std::size_t>(std::max<std::int64_t>(field.min, 0)), .max = static_cast<std::size_t>(field.max)};
    switch (field.type) {
        case FieldType::text:
            if (in.text(field.name, text, rule) && !fits(field, text)) in.refuse(field.name, "must be " + field.form);
            return;
        case FieldType::texts:
            if (in.texts(field.name, texts, static_cast<std::size_t>(field.most), rule)) check_texts(field, texts, in.pointer(field.name), problems);
            return;
        case FieldType::certificates:
            if (!in.text(field.name, text, {.min = rule.min, .max = rule.max, .multi_line = true})) return;
            if (const auto good = crypto::check_certificates(text); !good) in.refuse(field.name, good.error().message);
            return;
        case FieldType::url:
            if (in.text(field.name, text, rule)) check_url(in, field, text);
            return;
        case FieldType::integer:
            in.whole(field.name, number, field.min, field.max);
            return;
        case FieldType::boolean:
            in.boolean(field.name, flag);
            return;
        case FieldType::choice:
            if (in.text(field.name, text) && std::find(field.choices.begin(), field.choices.end(), text) == field.choices.end()) {
                in.refuse(field.name, fmt::format("must be one of {}", fmt::join(field.choices, ", ")));
            }
            return;
        case FieldType::signing_key:
            if (const auto* key = in.value(field.name); !key->is_string() || !is_signing_key(key->get_ref<const std::string&>())) {
                in.refuse(field.name, "must be `whsec_` followed by 24 to 64 bytes in base64");
            }
            return;
    }
}

Json describe_field(const Field& field) {
    Json shown;
    shown["name"] = field.name;
    shown["type"] = name_of(field.type);
    shown["required"] = field.required;
    shown["description"] = field.doc;
    shown["default"] = field.by_default;
    if (field.type == FieldType::choice) shown["choices"] = field.choices;
    return shown;
}

}  // namespace

void check_fields(const Json& object, const std::vector<Field>& fields, const std::string& pointer, bool complete, json::Problems& problems) {
    json::Reader in(object, pointer, problems);
    for (const auto& field : fields) {
        const auto* value = in.value(field.name);
        if (value != nullptr && !value->is_null()) {
            check_field(in, field, problems);
        } else if (complete && field.required && object.is_object()) {
            problems.push_back({pointer, fmt::format("the field \"{}\" is required", field.name)});
        }
    }
    in.finish();
}

void check_together(const Declaration& kind, const Json& config, const std::vector<std::string>& secrets, json::Problems& problems) {
    const auto is_set = [&](const std::string& name) { return config.contains(name) || std::find(secrets.begin(), secrets.end(), name) != secrets.end(); };
    const auto check = [&](const std::vector<Field>& fields, std::string_view part) {
        for (const auto& field : fields) {
            if (!field.with.empty() && is_set(field.name) && !is_set(field.with)) problems.push_back({fmt::format("/{}/{}", part, field.name), fmt::format("needs `{}` as well", field.with)});
        }
    };
    check(kind.config, "config");
    check(kind.secrets, "secrets");
}

Json canonical(const Json& object, const std::vector<Field>& fields) {
    Json made = Json::object();
    for (const auto& field : fields) {
        if (const auto found = object.find(field.name); found != object.end() && !found->is_null()) made[field.name] = *found;
    }
    return made;
}

Json with_defaults(const Json& object, const std::vector<Field>& fields) {
    Json made = Json::object();
    for (const auto& field : fields) {
        const auto found = object.find(field.name);
        made[field.name] = found != object.end() && !found->is_null() ? *found : field.by_default;
    }
    return made;
}

bool is_signing_key(std::string_view text) {
    if (!text.starts_with(kKeyPrefix)) return false;
    const auto bytes = crypto::from_base64(text.substr(kKeyPrefix.size()));
    return bytes && bytes->size() >= 24 && bytes->size() <= 64;
}

Secret new_signing_key() { return Secret(std::string(kKeyPrefix) + crypto::base64(crypto::random_bytes(32))); }

Json describe(const Declaration& declaration) {
    Json shown;
    shown["kind"] = declaration.kind;
    shown["title"] = declaration.title;
    shown["description"] = declaration.doc;
    shown["documentation_url"] = declaration.url.empty() ? Json(nullptr) : Json(declaration.url);
    shown["duplicates"] = declaration.dedup;
    shown["rate"] = declaration.rate ? Json{{"messages", declaration.rate->messages}, {"per_ms", declaration.rate->per.count()}, {"documentation_url", declaration.rate_url}} : Json(nullptr);
    shown["config"] = Json::array();
    for (const auto& field : declaration.config) shown["config"].push_back(describe_field(field));
    shown["secrets"] = Json::array();
    for (const auto& field : declaration.secrets) shown["secrets"].push_back(describe_field(field));
    return shown;
}

}  // namespace sonde::channel
