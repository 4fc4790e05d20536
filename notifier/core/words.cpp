#include "notifier/core/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace sonde::notifier {
namespace {

constexpr std::size_t kMostNamed = 5;

constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kCauses{{
    {"dns_nxdomain", "name not found in DNS"},
    {"dns_servfail", "DNS server failure"},
    {"dns_timeout", "DNS time-out"},
    {"dns_mismatch", "unexpected DNS answer"},
    {"connect_refused", "connection refused"},
    {"connect_timeout", "connection timed out"},
    {"unreachable", "unreachable"},
    {"reset", "connection reset"},
    {"tls_handshake", "TLS handshake failed"},
    {"tls_expired", "certificate expired or expiring"},
    {"tls_untrusted", "certificate not trusted"},
    {"tls_hostname", "certificate for another name"},
    {"http_status", "unexpected HTTP status"},
    {"http_protocol", "HTTP protocol error"},
    {"body_mismatch", "unexpected content"},
    {"assertion", "an assertion failed"},
    {"too_slow", "too slow"},
    {"timeout_total", "timed out"},
    {"too_many_redirects", "too many redirects"},
    {"body_too_large", "answer too large"},
    {"blocked_address", "address not allowed"},
    {"heartbeat_late", "heartbeat is late"},
}};

std::string spaced(std::string_view name) {
    std::string words(name);
    std::replace(words.begin(), words.end(), '_', ' ');
    return words;
}

}  // namespace

const Json& part_of(const Json& object, std::string_view field) {
    static const Json none;
    if (!object.is_object()) return none;
    const auto found = object.find(field);
    return found == object.end() ? none : *found;
}

std::string text_of(const Json& object, std::string_view field) {
    const auto& value = part_of(object, field);
    return value.is_string() ? value.get<std::string>() : "";
}

std::int64_t count_of(const Json& object, std::string_view field) {
    const auto& value = part_of(object, field);
    return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

std::vector<std::string> texts_of(const Json& object, std::string_view field) {
    std::vector<std::string> texts;
    const auto& values = part_of(object, field);
    if (!values.is_array()) return texts;
    for (const auto& value : values) {
        if (value.is_string()) texts.push_back(value.get<std::string>());
    }
    return texts;
}

std::string cause_words(std::string_view failure_class) {
    if (failure_class == "heartbeat_failed") return "heartbeat reported a failure";
    for (const auto& [name, words] : kCauses) {
        if (name == failure_class) return std::string(words);
    }
    return spaced(failure_class);
}

std::string person(std::string_view actor) {
    if (actor.empty() || actor == "engine" || actor == "controlplane") return {};
    if (actor.starts_with("link:")) return "link of channel " + std::string(actor.substr(5));
    const auto colon = actor.find(':');
    return std::string(colon == std::string_view::npos ? actor : actor.substr(colon + 1));
}

std::string by_person(const Json& event) {
    const auto who = person(text_of(event, "actor"));
    return who.empty() ? "" : " by " + who;
}

std::string listed(const std::vector<std::string>& names) {
    if (names.size() <= kMostNamed + 1) return fmt::format("{}", fmt::join(names, ", "));
    return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + kMostNamed, ", "), names.size() - kMostNamed);
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string time_between(const Json& object, std::string_view from, std::string_view to) {
    const auto begin = from_rfc3339(text_of(object, from));
    const auto end = from_rfc3339(text_of(object, to));
    if (!begin || !end || *end < *begin) return {};
    const auto all = std::chrono::round<seconds>(*end - *begin).count();
    if (all < 60) return fmt::format("{} s", all);
    const auto minutes = all / 60;
    if (minutes < 10) return all % 60 == 0 ? fmt::format("{} min", minutes) : fmt::format("{} min {} s", minutes, all % 60);
    if (minutes < 60) return fmt::format("{} min", minutes);
    const auto hours = minutes / 60;
    if (hours < 48) return minutes % 60 == 0 ? fmt::format("{} h", hours) : fmt::format("{} h {} min", hours, minutes % 60);
    return hours % 24 == 0 ? fmt::format("{} days", hours / 24) : fmt::format("{} days {} h", hours / 24, hours % 24);
}

std::string instant_words(const Json& object, std::string_view field) {
    const auto at = from_rfc3339(text_of(object, field));
    if (!at) return {};
    const auto text = to_rfc3339(*at);
    return fmt::format("{} {} UTC", std::string_view(text).substr(0, 10), std::string_view(text).substr(11, 8));
}

std::string capital(std::string text) {
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 'a' + 'A');
    return text;
}

}  // namespace sonde::notifier
