#include "lib/check/domain/facts.h"

namespace sonde::check {
namespace {

constexpr std::size_t kMost = 30;
constexpr std::size_t kLongestFact = 256;

std::string cut(std::string_view text) { return json::clean_utf8(text.substr(0, kLongestFact)); }

Json list_of(const std::vector<std::string>& texts) {
    Json list = Json::array();
    for (std::size_t i = 0; i < texts.size() && i < kMost; ++i) list.push_back(cut(texts[i]));
    return list;
}

}  // namespace

Json write(const DomainFacts& facts, bool full) {
    Json document{{"registered", facts.registered}, {"source", cut(facts.source)}};
    if (!facts.registered) return document;
    if (facts.expires) document["expires"] = to_rfc3339(*facts.expires);
    document["registrar"] = cut(facts.registrar);
    document["statuses"] = list_of(facts.statuses);
    if (!full) return document;
    document["nameservers"] = list_of(facts.nameservers);
    if (facts.registered_at) document["registered_at"] = to_rfc3339(*facts.registered_at);
    if (facts.changed_at) document["changed_at"] = to_rfc3339(*facts.changed_at);
    if (facts.is_signed) document["signed"] = *facts.is_signed;
    return document;
}

}  // namespace sonde::check
