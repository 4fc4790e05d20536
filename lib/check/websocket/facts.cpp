#include "lib/check/websocket/facts.h"

#include <algorithm>

#include "lib/check/http/header.h"

namespace sonde::check {
namespace {

constexpr std::size_t kLongestLine = 256;
constexpr std::size_t kMostHeaderBytes = 8 * 1024;

std::string short_line(std::string_view text) { return json::clean_utf8(text.substr(0, kLongestLine)); }

// In the order received, as the kind `http` tells them.
Json headers_of(std::string_view text) {
    Json list = Json::array();
    for (text = text.substr(0, kMostHeaderBytes); !text.empty();) {
        const auto end = std::min(text.find("\r\n"), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 2, text.size()));
        const auto colon = std::min(line.find(':'), line.size());
        const auto name = line.substr(0, colon);
        const auto begin = std::min(line.find_first_not_of(" \t", std::min(colon + 1, line.size())), line.size());
        list.push_back({{"name", json::clean_utf8(name)}, {"value", is_secret_header(name) ? "***" : json::clean_utf8(line.substr(begin))}});
    }
    return list;
}

}  // namespace

Json write(const WebSocketFacts& facts, bool full) {
    Json document{{"status", facts.status}};
    if (!facts.status_line.empty()) document["status_line"] = short_line(facts.status_line);
    if (!facts.fault.empty()) document["fault"] = short_line(facts.fault);
    document["subprotocol"] = short_line(facts.subprotocol);
    document["messages"] = facts.messages;
    if (!facts.breach.empty()) document["breach"] = short_line(facts.breach);
    if (facts.close_code != 0) document["close"] = {{"code", facts.close_code}, {"reason", short_line(facts.close_reason)}};
    if (!full) return document;
    document["headers"] = headers_of(facts.headers);
    if (facts.messages > 0) document["message"] = json::clean_utf8(facts.message);
    return document;
}

}  // namespace sonde::check
