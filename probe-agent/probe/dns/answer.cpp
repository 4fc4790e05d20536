#include "probe-agent/probe/dns/answer.h"

#include <ares.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace sonde::agent {

using check::DnsType;

namespace {

constexpr std::size_t kHead = 12;  // RFC 1035, section 4.1.1
constexpr std::size_t kMostRecords = 500;
constexpr int kInternet = 1;
constexpr std::uint32_t kMostTtl = 0x7FFFFFFF;  // RFC 2181, section 8: with the first bit set it counts as 0

struct Broken {
    std::string what;
};

// Reads on from a place in a message, never past `end`. Throws Broken.
class Cursor {
public:
    Cursor(std::string_view message, std::size_t at, std::size_t end) : message_(message), at_(at), end_(end) {}

    [[nodiscard]] std::size_t at() const { return at_; }
    [[nodiscard]] bool done() const { return at_ >= end_; }

    std::uint32_t number(std::size_t bytes) {
        std::uint32_t value = 0;
        for (const char c : take(bytes)) value = value << 8U | static_cast<unsigned char>(c);
        return value;
    }

    std::string_view take(std::size_t bytes) {
        if (bytes > end_ - at_) throw Broken{"ends too early"};
        const auto part = message_.substr(at_, bytes);
        at_ += bytes;
        return part;
    }

    std::string_view rest() { return take(end_ - at_); }

    std::string name() {
        if (done()) throw Broken{"ends too early"};
        const auto* const begin = reinterpret_cast<const unsigned char*>(message_.data());
        char* text = nullptr;
        long length = 0;
        const int code = ares_expand_name(begin + at_, begin, static_cast<int>(message_.size()), &text, &length);
        if (code != ARES_SUCCESS) throw Broken{"has a name that cannot be read"};
        std::string name(text);
        ares_free_string(text);
        take(static_cast<std::size_t>(length));
        return name.empty() ? "." : name;
    }

    std::string character_string() { return std::string(take(number(1))); }

private:
    std::string_view message_;
    std::size_t at_;
    std::size_t end_;
};

std::string address(Cursor& in, int family) {
    net::Address address;
    address.family = family;
    const auto bytes = in.take(family == AF_INET ? 4 : 16);
    std::copy(bytes.begin(), bytes.end(), address.bytes);
    return address.text();
}

std::string soa(Cursor& in) {
    auto text = in.name();
    text += ' ' + in.name();
    for (int i = 0; i < 5; ++i) text += ' ' + std::to_string(in.number(4));
    return text;
}

// In the order in which they are read: arguments of a call have none.
std::string srv(Cursor& in) {
    std::string text;
    for (int i = 0; i < 3; ++i) text += std::to_string(in.number(2)) + ' ';
    return text + in.name();
}

std::string caa(Cursor& in) {
    const auto flags = in.number(1);
    const auto tag = in.character_string();
    return fmt::format("{} {} \"{}\"", flags, tag, in.rest());
}

std::string mx(Cursor& in) {
    const auto preference = in.number(2);
    return fmt::format("{} {}", preference, in.name());
}

std::string txt(Cursor& in) {
    std::string text = in.character_string();
    while (!in.done()) text += in.character_string();
    return text;
}

// RFC 3597, section 5.
std::string unknown(Cursor& in) {
    const auto bytes = in.rest();
    auto text = fmt::format("\\# {} ", bytes.size());
    for (const char c : bytes.substr(0, 64)) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return text;
}

std::string data_of(int code, Cursor& in) {
    const auto type = check::dns_type_of(code);
    if (!type) return unknown(in);
    switch (*type) {
        case DnsType::a: return address(in, AF_INET);
        case DnsType::aaaa: return address(in, AF_INET6);
        case DnsType::cname:
        case DnsType::ns:
        case DnsType::ptr: return in.name();
        case DnsType::mx: return mx(in);
        case DnsType::txt: return txt(in);
        case DnsType::soa: return soa(in);
        case DnsType::srv: return srv(in);
        case DnsType::caa: return caa(in);
    }
    return unknown(in);
}

void read_record(std::string_view message, Cursor& in, check::DnsFacts& facts) {
    check::DnsRecord record;
    record.name = in.name();
    record.type = static_cast<int>(in.number(2));
    const auto in_class = static_cast<int>(in.number(2));
    record.ttl = in.number(4);
    if (record.ttl > kMostTtl) record.ttl = 0;
    const auto length = in.number(2);
    const auto begin = in.at();
    in.take(length);
    if (in_class != kInternet) return;
    Cursor data(message, begin, begin + length);
    record.data = data_of(record.type, data);
    if (!data.done()) throw Broken{fmt::format("has a record of type {} that is longer than it says", check::dns_type_name(record.type))};
    if (facts.records.size() == kMostRecords) throw Broken{fmt::format("has more than {} records", kMostRecords)};
    facts.records.push_back(std::move(record));
}

void read_message(std::string_view message, check::DnsFacts& facts) {
    if (message.size() < kHead) throw Broken{"is shorter than a head"};
    Cursor in(message, 0, message.size());
    in.number(2);  // the id, which c-ares has looked at
    const auto flags = in.number(2);
    facts.aa = (flags & 0x0400U) != 0;
    facts.tc = (flags & 0x0200U) != 0;
    facts.rd = (flags & 0x0100U) != 0;
    facts.ra = (flags & 0x0080U) != 0;
    facts.ad = (flags & 0x0020U) != 0;
    facts.rcode = static_cast<int>(flags & 0x000FU);
    const auto questions = in.number(2);
    const auto answers = in.number(2);
    facts.authority_records = static_cast<int>(in.number(2));
    facts.additional_records = static_cast<int>(in.number(2));
    if ((flags & 0x8000U) == 0) throw Broken{"is a question"};
    for (std::uint32_t i = 0; i < questions; ++i) {
        in.name();
        in.number(4);
    }
    for (std::uint32_t i = 0; i < answers; ++i) read_record(message, in, facts);
}

}  // namespace

void read_dns_answer(std::string_view message, check::DnsFacts& facts) {
    facts.records.clear();
    facts.malformed.clear();
    try {
        read_message(message, facts);
    } catch (const Broken& broken) {
        facts.malformed = "the answer " + broken.what;
    }
}

}  // namespace sonde::agent
