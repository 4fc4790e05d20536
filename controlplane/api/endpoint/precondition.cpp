#include "controlplane/api/endpoint/precondition.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "lib/crypto/crypto.h"

namespace sonde::controlplane {
namespace {

// The members of a list of tags, each with its quotes and, if weak, its `W/`. Tags may contain commas.
std::vector<std::string_view> tags_of(std::string_view header) {
    std::vector<std::string_view> tags;
    while (!header.empty()) {
        const auto begin = header.find_first_not_of(" \t,");
        if (begin == std::string_view::npos) break;
        header.remove_prefix(begin);
        const auto open = header.find('"');
        const auto close = open == std::string_view::npos ? open : header.find('"', open + 1);
        const auto end = close == std::string_view::npos ? header.size() : close + 1;
        tags.push_back(header.substr(0, end));
        header.remove_prefix(end);
    }
    return tags;
}

bool is_any(std::string_view header) {
    const auto tags = tags_of(header);
    return tags.size() == 1 && tags[0].substr(0, tags[0].find_last_not_of(" \t") + 1) == "*";
}

[[noreturn]] void fail(std::string detail) {
    throw http::ProblemError{http::problem::precondition_failed, std::move(detail), {}};
}

std::string_view strong_part(std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; }

}  // namespace

std::string entity_tag(int version, std::string_view body) {
    return fmt::format("\"{}-{}\"", version, crypto::hex(crypto::sha256(body).substr(0, 8)));
}

std::optional<int> version_of_tag(std::string_view tag) {
    if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return std::nullopt;
    tag = tag.substr(1, tag.size() - 2);
    int version = 0;
    const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), version);
    if (error != std::errc{} || version < 1) return std::nullopt;
    if (end != tag.data() + tag.size() && *end != '-') return std::nullopt;
    return version;
}

void check_if_match(const http::Request& request, int version) {
    const auto* header = request.header("if-match");
    if (header == nullptr || is_any(*header)) return;
    for (const auto tag : tags_of(*header)) {
        if (version_of_tag(tag) == version) return;
    }
    fail(fmt::format("the version is now {}, which is not what If-Match asks for", version));
}

std::optional<int> if_match_version(const http::Request& request) {
    const auto* header = request.header("if-match");
    if (header == nullptr || is_any(*header)) return std::nullopt;
    for (const auto tag : tags_of(*header)) {
        if (const auto version = version_of_tag(tag)) return version;
    }
    fail("If-Match names no version of this");
}

bool is_known(const http::Request& request, std::string_view tag) {
    const auto* header = request.header("if-none-match");
    if (header == nullptr) return false;
    if (is_any(*header)) return true;
    const auto tags = tags_of(*header);
    return std::any_of(tags.begin(), tags.end(), [&](std::string_view candidate) { return strong_part(candidate) == tag; });
}

http::Response resource_response(const http::Request& request, const Json& document, int version, int status) {
    auto response = http::Response::json(document, status);
    auto tag = entity_tag(version, response.body);
    const bool reads = request.method == http::Method::get || request.method == http::Method::head;
    if (reads && is_known(request, tag)) return http::Response::empty(304).with("ETag", std::move(tag));
    return std::move(response).with("ETag", std::move(tag));
}

}  // namespace sonde::controlplane
