#include "controlplane/api/endpoint/body.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::controlplane {
namespace {

std::string media_type(std::string_view header) {
    auto type = std::string(header.substr(0, header.find(';')));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
    std::transform(type.begin(), type.end(), type.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return type;
}

void check_media_type(const Call& call) {
    const auto* header = call.request.header("content-type");
    if (header == nullptr) return;
    const auto type = media_type(*header);
    const bool patch = call.endpoint.method == http::Method::patch;
    if (type == "application/json" || (patch && type == "application/merge-patch+json")) return;
    throw http::ProblemError{http::problem::unsupported_media_type,
                             fmt::format("the body must be {}application/json", patch ? "application/merge-patch+json or " : ""),
                             {}};
}

void keep_unknown_nulls(const Json& document, const Json& patch, std::initializer_list<std::string_view> optional, Json& result) {
    for (const auto& [field, value] : patch.items()) {
        const auto before = document.find(field);
        const bool known = before != document.end() || std::find(optional.begin(), optional.end(), field) != optional.end();
        if (value.is_null() && !known) result[field] = nullptr;
        if (value.is_object() && before != document.end() && before->is_object() && field != "spec") keep_unknown_nulls(*before, value, optional, result[field]);
    }
}

}  // namespace

Json read_body(const Call& call) {
    if (call.request.body.empty()) {
        throw http::ProblemError{http::problem::malformed, "the body is empty", {{"", "must be a JSON document"}}};
    }
    check_media_type(call);
    auto document = json::parse(call.request.body, {.bytes = call.endpoint.max_body, .depth = 32});
    if (!document) {
        const auto& why = document.error().message;
        throw http::ProblemError{http::problem::malformed, "the body " + why, {{"", why}}};
    }
    return std::move(*document);
}

Json read_optional_body(const Call& call) { return call.request.body.empty() ? Json::object() : read_body(call); }

Json patched(const Json& document, const Json& patch, std::initializer_list<std::string_view> optional) {
    Json result = document;
    result.merge_patch(patch);
    if (document.is_object() && patch.is_object()) keep_unknown_nulls(document, patch, optional, result);
    return result;
}

void refuse_read_only(json::Reader& in, std::initializer_list<std::string_view> fields) {
    for (const auto field : fields) {
        if (in.value(field) != nullptr) in.refuse(field, "is set by the server and cannot be given");
    }
}

void read_tags(json::Reader& in, std::vector<std::string>& tags) {
    std::vector<std::string> read;
    if (!in.texts("tags", read, 50, {.min = 1, .max = 64})) return;
    for (std::size_t i = 0; i < read.size(); ++i) {
        const auto end = read.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(read.begin(), end, read[i]) != end) in.refuse("tags", fmt::format("has \"{}\" twice", read[i]));
    }
    tags = std::move(read);
}

}  // namespace sonde::controlplane
