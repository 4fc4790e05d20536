#include "lib/check/spec.h"

#include <utility>

namespace sonde::check {
namespace {

template <std::size_t... I>
Spec empty_spec(Kind kind, std::index_sequence<I...>) {
    Spec spec;
    static_cast<void>(((static_cast<std::size_t>(kind) == I ? (spec.emplace<I>(), true) : false) || ...));
    return spec;
}

}  // namespace

// Each kind has `read`, `write` and `endpoint` beside its struct; one that lacks them does not compile.
Result<Spec, json::Problems> read_spec(Kind kind, const Json& document, std::string_view pointer) {
    json::Problems problems;
    auto spec = empty_spec(kind, std::make_index_sequence<std::variant_size_v<Spec>>{});
    json::Reader in(document, std::string(pointer), problems);
    std::visit([&](auto& of_kind) { read(of_kind, in, problems); }, spec);
    in.finish();
    if (!problems.empty()) return problems;
    return spec;
}

Json write_spec(const Spec& spec) {
    return std::visit([](const auto& of_kind) { return write(of_kind); }, spec);
}

Json write_brief_spec(const Spec& spec) {
    const auto whole = write_spec(spec);
    const auto kind = kind_of(spec);
    const auto usual = write_spec(empty_spec(kind, std::make_index_sequence<std::variant_size_v<Spec>>{}));
    auto brief = Json::object();
    for (const auto& [field, value] : whole.items()) {
        const auto found = usual.find(field);
        if (found == usual.end() || *found != value) brief[field] = value;
    }
    // Some defaults depend on other fields.
    const auto again = read_spec(kind, brief, "");
    return again && write_spec(*again) == whole ? brief : whole;
}

Endpoint endpoint_of(const Spec& spec) {
    return std::visit([](const auto& of_kind) { return endpoint(of_kind); }, spec);
}

}  // namespace sonde::check
