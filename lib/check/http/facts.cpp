#include "lib/check/http/facts.h"

#include "lib/check/http/header.h"
#include "lib/check/http/url_credentials.h"

namespace sonde::check {
namespace {

constexpr std::size_t kMostHeaderBytes = 8 * 1024;
constexpr std::size_t kMostBodyBytes = 4 * 1024;

// In the order received; a name may come more than once.
Json write_headers(const std::vector<std::pair<std::string, std::string>>& headers) {
    Json list = Json::array();
    std::size_t bytes = 0;
    for (const auto& [name, value] : headers) {
        bytes += name.size() + value.size();
        if (bytes > kMostHeaderBytes) break;
        list.push_back({{"name", json::clean_utf8(name)}, {"value", is_secret_header(name) ? "***" : without_credentials(json::clean_utf8(value))}});
    }
    return list;
}

}  // namespace

Json write(const HttpFacts& facts, bool full) {
    Json document{{"version", facts.version}, {"status", facts.status}};
    if (!facts.final_url.empty()) document["final_url"] = facts.final_url;
    document["redirects"] = facts.redirects;
    document["body_bytes"] = facts.body_bytes;
    document["body_truncated"] = facts.body_truncated;
    if (!full) return document;
    document["status_line"] = json::clean_utf8(facts.status_line);
    document["headers"] = write_headers(facts.headers);
    if (!facts.trailers.empty()) document["trailers"] = write_headers(facts.trailers);
    document["body"] = json::clean_utf8(std::string_view(facts.body).substr(0, kMostBodyBytes));
    return document;
}

}  // namespace sonde::check
