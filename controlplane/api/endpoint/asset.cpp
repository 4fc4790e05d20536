#include "controlplane/api/endpoint/asset.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "controlplane/api/endpoint/precondition.h"

namespace sonde::controlplane {
namespace {

bool same(std::string_view one, std::string_view other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    });
}

// `q=0`, `q=0.0` and so on: not wanted.
bool is_nothing(std::string_view weight) {
    if (weight.size() < 3 || !same(weight.substr(0, 2), "q=")) return false;
    return std::all_of(weight.begin() + 2, weight.end(), [](char c) { return c == '0' || c == '.'; });
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    std::optional<bool> by_name;
    bool any = false;
    std::size_t end = 0;
    for (std::size_t begin = 0; begin < accept_encoding.size(); begin = end + 1) {
        end = std::min(accept_encoding.find(',', begin), accept_encoding.size());
        const auto member = accept_encoding.substr(begin, end - begin);
        const auto semicolon = std::min(member.find(';'), member.size());
        const auto coding = http::trimmed(member.substr(0, semicolon));
        const bool wanted = semicolon == member.size() || !is_nothing(http::trimmed(member.substr(semicolon + 1)));
        if (same(coding, "gzip") || same(coding, "x-gzip")) by_name = wanted;
        if (coding == "*") any = wanted;
    }
    return by_name.value_or(any);
}

http::Response serve_asset(const http::Request& request, const Asset& asset) {
    const auto* encodings = request.header("accept-encoding");
    const bool packed = encodings != nullptr && accepts_gzip(*encodings);
    const auto plain_tag = fmt::format("\"{}\"", asset.digest);
    const auto packed_tag = fmt::format("\"{}-gzip\"", asset.digest);
    const bool known = is_known(request, plain_tag) || is_known(request, packed_tag);
    auto response = known ? http::Response::empty(304) : http::Response::text({}, std::string(asset.content_type));
    if (!known) response.fixed = packed ? asset.gzip : asset.plain;
    if (packed && !known) response.headers.emplace_back("Content-Encoding", "gzip");
    return std::move(response)
        .with("ETag", packed ? packed_tag : plain_tag)
        .with("Vary", "Accept-Encoding")
        .with("Cache-Control", "public, max-age=300")
        .with("Content-Security-Policy", std::string(asset.policy))
        .with("Referrer-Policy", "no-referrer");
}

}  // namespace sonde::controlplane
