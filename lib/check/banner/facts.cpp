#include "lib/check/banner/facts.h"

#include <algorithm>

namespace sonde::check {
namespace {

constexpr std::size_t kBriefLines = 3;
constexpr std::size_t kFullLines = 20;
constexpr std::size_t kLongestLine = 512;

Json lines_of(const std::vector<std::string>& lines, bool full) {
    Json list = Json::array();
    const auto most = std::min(lines.size(), full ? kFullLines : kBriefLines);
    for (std::size_t i = 0; i < most; ++i) list.push_back(json::clean_utf8(std::string_view(lines[i]).substr(0, kLongestLine)));
    return list;
}

}  // namespace

Json write(const BannerFacts& facts, bool full) {
    Json document{{"lines", lines_of(facts.lines, full)}};
    if (facts.code != 0) document["code"] = facts.code;
    if (!facts.software.empty()) document["software"] = json::clean_utf8(facts.software);
    if (!facts.protocol_version.empty()) document["protocol_version"] = json::clean_utf8(facts.protocol_version);
    if (!facts.fault.empty()) document["fault"] = json::clean_utf8(std::string_view(facts.fault).substr(0, kLongestLine));
    document["goodbye"] = facts.goodbye;
    if (full && !facts.before.empty()) document["before"] = lines_of(facts.before, full);
    return document;
}

}  // namespace sonde::check
