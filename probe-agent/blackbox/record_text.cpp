#include "probe-agent/blackbox/record_text.h"

#include <fmt/format.h>

namespace sonde::agent::blackbox {
namespace {

std::string dotted(std::string_view name) { return name.ends_with('.') ? std::string(name) : std::string(name) + '.'; }

std::string in_quotes(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

// Both names, which come before five numbers.
std::string soa(const std::string& data) {
    const auto first = data.find(' ');
    const auto second = first == std::string::npos ? first : data.find(' ', first + 1);
    if (second == std::string::npos) return data;
    return fmt::format("{} {}{}", dotted(data.substr(0, first)), dotted(data.substr(first + 1, second - first - 1)), data.substr(second));
}

std::string data_of(const check::DnsRecord& record) {
    const auto type = check::dns_type_of(record.type);
    if (!type) return record.data;
    switch (*type) {
        case check::DnsType::cname:
        case check::DnsType::ns:
        case check::DnsType::ptr:
        case check::DnsType::mx:   // the name is the last of it
        case check::DnsType::srv: return dotted(record.data);
        case check::DnsType::soa: return soa(record.data);
        case check::DnsType::txt: return in_quotes(record.data);
        case check::DnsType::a:
        case check::DnsType::aaaa:
        case check::DnsType::caa: return record.data;
    }
    return record.data;
}

}  // namespace

std::string record_text(const check::DnsRecord& record) {
    return fmt::format("{}\t{}\tIN\t{}\t{}", dotted(record.name), record.ttl, check::dns_type_name(record.type), data_of(record));
}

}  // namespace sonde::agent::blackbox
