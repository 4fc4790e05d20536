#include "lib/check/dns/facts.h"

#include <algorithm>

namespace sonde::check {
namespace {

constexpr std::size_t kMostRecordsFull = 100;
constexpr std::size_t kMostRecordsBrief = 10;
constexpr std::size_t kMostBytesFull = 16 * 1024;
constexpr std::size_t kMostBytesBrief = 2 * 1024;

Json write_records(const DnsFacts& facts, std::size_t most, std::size_t most_bytes) {
    Json list = Json::array();
    std::size_t bytes = 0;
    for (const auto& record : facts.records) {
        bytes += record.name.size() + record.data.size();
        if (list.size() == most || bytes > most_bytes) break;
        list.push_back({{"name", json::clean_utf8(record.name)},
                        {"type", dns_type_name(record.type)},
                        {"ttl", record.ttl},
                        {"data", json::clean_utf8(record.data)}});
    }
    return list;
}

}  // namespace

Json write(const DnsFacts& facts, bool full) {
    Json flags = Json::array();
    const std::pair<const char*, bool> all[] = {{"aa", facts.aa}, {"tc", facts.tc}, {"rd", facts.rd}, {"ra", facts.ra}, {"ad", facts.ad}};
    for (const auto& [name, is_set] : all) {
        if (is_set) flags.push_back(name);
    }
    Json document{{"question", facts.question},
                  {"server", facts.server},
                  {"transport", facts.tcp ? "tcp" : "udp"},
                  {"rcode", dns_rcode_name(facts.rcode)},
                  {"flags", std::move(flags)},
                  {"records", facts.records.size()},
                  {"answers", full ? write_records(facts, kMostRecordsFull, kMostBytesFull) : write_records(facts, kMostRecordsBrief, kMostBytesBrief)}};
    if (!facts.malformed.empty()) document["malformed"] = facts.malformed;
    return document;
}

}  // namespace sonde::check
