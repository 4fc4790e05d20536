#include "lib/check/grpc/facts.h"

#include <fmt/format.h>

#include <array>

namespace sonde::check {
namespace {

constexpr std::size_t kLongestText = 512;

constexpr std::array<std::string_view, 17> kStatuses{"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
                                                     "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
                                                     "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"};
constexpr std::array<std::string_view, 4> kServings{"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};

template <std::size_t count>
std::string_view known(const std::array<std::string_view, count>& names, int number) {
    return number >= 0 && static_cast<std::size_t>(number) < count ? names[static_cast<std::size_t>(number)] : std::string_view();
}

std::string short_text(std::string_view text) { return json::clean_utf8(text.substr(0, kLongestText)); }

}  // namespace

std::string grpc_status_text(int status) {
    const auto name = known(kStatuses, status);
    return name.empty() ? fmt::format("{}", status) : fmt::format("{} {}", status, name);
}

std::string serving_text(int serving) {
    const auto name = known(kServings, serving);
    return name.empty() ? fmt::format("STATUS {}", serving) : std::string(name);
}

Json write(const GrpcFacts& facts, bool full) {
    Json document{{"http_status", facts.http_status}};
    if (!facts.fault.empty()) document["fault"] = short_text(facts.fault);
    if (facts.grpc_status) document["grpc_status"] = grpc_status_text(*facts.grpc_status);
    if (!facts.grpc_message.empty()) document["grpc_message"] = short_text(facts.grpc_message);
    if (facts.serving) document["health"] = serving_text(*facts.serving);
    if (!full) return document;
    document["content_type"] = short_text(facts.content_type);
    document["trailers_only"] = facts.trailers_only;
    return document;
}

}  // namespace sonde::check
