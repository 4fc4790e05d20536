// Holds answers to the OpenAPI document: as much of JSON Schema as the document uses.
#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/api.h"
#include "lib/base/instant.h"
#include "tests/integration/controlplane/api_stand.h"

namespace sonde::test {
namespace {

const Json& contract() {
    static const Json document = *json::parse(controlplane::openapi_document(), {.bytes = 4 << 20, .depth = 64});
    return document;
}

const Json& resolve(const Json& node) {
    if (!node.is_object() || !node.contains("$ref")) return node;
    return resolve(contract().at(Json::json_pointer(node["$ref"].get<std::string>().substr(1))));
}

bool is_of_type(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    return type == "null" && value.is_null();
}

bool is_of_any_type(const Json& value, const Json& types) {
    if (types.is_string()) return is_of_type(value, types);
    return std::any_of(types.begin(), types.end(), [&](const Json& type) { return is_of_type(value, type); });
}

// The fields a schema knows, those of all parts of an `allOf` included.
void known_fields(const Json& node, Json& fields) {
    const auto& schema = resolve(node);
    if (schema.contains("properties")) fields.update(schema["properties"]);
    if (schema.contains("allOf")) {
        for (const auto& part : schema["allOf"]) known_fields(part, fields);
    }
}

std::string breach(const Json& value, const Json& node, const std::string& at);

std::string breach_of_object(const Json& value, const Json& schema, const std::string& at) {
    if (schema.contains("required")) {
        for (const auto& field : schema["required"]) {
            if (!value.contains(field.get<std::string>())) return fmt::format("{} lacks {}", at, field.get<std::string>());
        }
    }
    if (!schema.contains("properties")) return {};
    for (const auto& [field, part] : schema["properties"].items()) {
        if (!value.contains(field)) continue;
        if (auto wrong = breach(value[field], part, at + "/" + field); !wrong.empty()) return wrong;
    }
    return {};
}

std::string breach(const Json& value, const Json& node, const std::string& at) {
    const auto& schema = resolve(node);
    if (schema.contains("type") && !is_of_any_type(value, schema["type"])) return fmt::format("{} has the wrong type", at);
    if (schema.contains("const") && value != schema["const"]) return fmt::format("{} is not the constant", at);
    if (schema.contains("enum") && std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
        return fmt::format("{} is {}, which is not listed", at, value.dump());
    }
    if (schema.value("format", "") == "date-time" && value.is_string() && !from_rfc3339(value.get<std::string>())) {
        return fmt::format("{} is no date-time", at);
    }
    for (const auto& part : schema.value("allOf", Json::array())) {
        if (auto wrong = breach(value, part, at); !wrong.empty()) return wrong;
    }
    if (schema.contains("items") && value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i) {
            if (auto wrong = breach(value[i], schema["items"], fmt::format("{}/{}", at, i)); !wrong.empty()) return wrong;
        }
    }
    return value.is_object() ? breach_of_object(value, schema, at) : "";
}

// Fields that the document does not know, anywhere in the answer.
std::string stranger(const Json& value, const Json& node, const std::string& at) {
    const auto& schema = resolve(node);
    if (value.is_array() && schema.contains("items")) {
        for (const auto& item : value) {
            if (auto found = stranger(item, schema["items"], at + "[]"); !found.empty()) return found;
        }
    }
    if (!value.is_object()) return {};
    Json fields = Json::object();
    known_fields(schema, fields);
    if (fields.empty()) return {};
    for (const auto& [field, part] : value.items()) {
        if (!fields.contains(field)) return fmt::format("{}/{} is not in the document", at, field);
        if (auto found = stranger(part, fields[field], at + "/" + field); !found.empty()) return found;
    }
    return {};
}

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    path = path.substr(0, path.find('?'));
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        segments.emplace_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return segments;
}

// The operation that answers there; literal segments win, as in the router. Null if there is none.
const Json* operation_at(std::string method, const std::string& path) {
    for (auto& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto wanted = segments_of(path);
    const Json* found = nullptr;
    std::size_t literals = 0;
    for (const auto& [pattern, item] : contract()["paths"].items()) {
        const auto segments = segments_of(pattern);
        if (segments.size() != wanted.size()) continue;
        std::size_t equal = 1;
        for (std::size_t i = 0; i < segments.size() && equal > 0; ++i) {
            if (segments[i] == wanted[i]) {
                ++equal;
            } else if (!segments[i].starts_with('{')) {
                equal = 0;
            }
        }
        if (equal <= literals || !item.contains(method)) continue;
        literals = equal;
        found = &item[method];
    }
    return found;
}

// Errors that any request may meet stand for all operations in one response, `default`; all others are announced by number.
bool is_announced(const Json& operation, int status) {
    const auto& responses = operation["responses"];
    return status == 408 || status == 414 || status == 500 || responses.contains(std::to_string(status)) || responses.contains("4XX");
}

}  // namespace

std::string breach_of_contract(const std::string& method, const std::string& path, const Answer& answer) {
    // Those who ping are scripts, and are told by a word; those who follow a link are people, and are told by a page: as the document says.
    const bool is_told_otherwise = path.starts_with("/ping/") || path.starts_with("/api/push/") || path.starts_with("/ack/");
    if (answer.status >= 400 && path != "/readyz" && !is_told_otherwise) {
        if (method == "HEAD") return {};
        if (answer.header("content-type") != "application/problem+json") return "an error is no problem document";
        auto wrong = breach(answer.json(), contract()["components"]["schemas"]["Problem"], "");
        if (wrong.empty() && answer.json()["status"] != answer.status) wrong = "the problem has another status";
        const auto* refused = operation_at(method, path);
        if (wrong.empty() && refused != nullptr && !is_announced(*refused, answer.status)) wrong = "the document has no such error";
        return wrong;
    }
    const auto* operation = operation_at(method, path);
    if (operation == nullptr) return method == "HEAD" || method == "OPTIONS" ? "" : "the document has no such operation";
    const auto& responses = (*operation)["responses"];
    const auto status = std::to_string(answer.status);
    if (!responses.contains(status)) return "the document has no such status";
    const auto& response = resolve(responses[status]);
    if (!response.contains("content")) return answer.body.empty() ? "" : "there should be no body";
    if (!response["content"].contains("application/json") || !answer.header("content-encoding").empty()) return {};
    for (const auto* other : {"text/csv", "text/html"}) {
        if (answer.header("content-type").starts_with(other) && response["content"].contains(other)) return {};
    }
    const auto& schema = response["content"]["application/json"]["schema"];
    auto wrong = breach(answer.json(), schema, "");
    return wrong.empty() ? stranger(answer.json(), schema, "") : wrong;
}

}  // namespace sonde::test
