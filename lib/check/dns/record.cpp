#include "lib/check/dns/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sonde::check {
namespace {

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;
constexpr std::array<int, 10> kCodes{1, 28, 5, 15, 16, 2, 6, 33, 257, 12};  // in the order of DnsType
constexpr std::uint32_t kMost16 = 0xFFFF;
constexpr std::uint32_t kMost32 = 0xFFFFFFFF;

std::string lower(std::string_view text) {
    std::string result(text);
    for (auto& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

// Takes the first word off a text; empty if there is none.
std::string_view next_word(std::string_view& text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
        text = {};
        return {};
    }
    const auto end = std::min(text.find_first_of(" \t", begin), text.size());
    const auto word = text.substr(begin, end - begin);
    text.remove_prefix(end);
    return word;
}

std::optional<std::uint32_t> number(std::string_view word, std::uint32_t most) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (word.empty() || error != std::errc{} || end != word.data() + word.size() || value > most) return std::nullopt;
    return value;
}

std::optional<std::string> address(std::string_view data, int family) {
    const auto parsed = net::Address::parse(data);
    if (!parsed || parsed->family != family) return std::nullopt;
    return parsed->text();
}

// Words of which each is a name (`n`), a 16-bit (`2`) or a 32-bit number (`4`).
std::optional<std::string> words(std::string_view data, std::string_view shape) {
    std::string result;
    for (const char kind : shape) {
        const auto word = next_word(data);
        std::optional<std::string> text;
        if (kind == 'n') {
            text = canonical_name(word);
        } else if (const auto value = number(word, kind == '2' ? kMost16 : kMost32)) {
            text = std::to_string(*value);
        }
        if (!text) return std::nullopt;
        if (!result.empty()) result += ' ';
        result += *text;
    }
    if (!next_word(data).empty()) return std::nullopt;
    return result;
}

// `0 issue "ca.example"` (RFC 8659, section 4.1.1); the quotes may be left out.
std::optional<std::string> caa(std::string_view data) {
    const auto flags = number(next_word(data), 255);
    const auto tag = lower(next_word(data));
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (!flags || tag.empty() || !std::all_of(tag.begin(), tag.end(), is_plain)) return std::nullopt;
    const auto begin = data.find_first_not_of(" \t");
    auto value = begin == std::string_view::npos ? std::string_view{} : data.substr(begin);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return fmt::format("{} {} \"{}\"", *flags, tag, value);
}

}  // namespace

int code_of(DnsType type) { return kCodes.at(static_cast<std::size_t>(type)); }

std::optional<DnsType> dns_type_of(int code) {
    const auto* const found = std::find(kCodes.begin(), kCodes.end(), code);
    if (found == kCodes.end()) return std::nullopt;
    return static_cast<DnsType>(found - kCodes.begin());
}

std::string dns_type_name(int code) {
    const auto type = dns_type_of(code);
    return type ? std::string(name_of(*type)) : fmt::format("TYPE{}", code);
}

std::string dns_rcode_name(int code) {
    constexpr auto known = static_cast<int>(EnumNames<DnsRcode>::names.size());
    return code >= 0 && code < known ? std::string(name_of(static_cast<DnsRcode>(code))) : fmt::format("RCODE{}", code);
}

std::optional<std::string> canonical_name(std::string_view name) {
    if (name == ".") return ".";
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.empty() || name.size() > kLongestName) return std::nullopt;
    std::size_t label = 0;
    for (const char c : name) {
        if (c <= ' ' || c > '~') return std::nullopt;
        if (c == '.') {
            if (label == 0) return std::nullopt;
            label = 0;
        } else if (++label > kLongestLabel) {
            return std::nullopt;
        }
    }
    if (label == 0) return std::nullopt;
    return lower(name);
}

std::optional<std::string> canonical_data(DnsType type, std::string_view data) {
    switch (type) {
        case DnsType::a: return address(data, AF_INET);
        case DnsType::aaaa: return address(data, AF_INET6);
        case DnsType::cname:
        case DnsType::ns:
        case DnsType::ptr: return words(data, "n");
        case DnsType::mx: return words(data, "2n");
        case DnsType::txt: return std::string(data);
        case DnsType::soa: return words(data, "nn44444");
        case DnsType::srv: return words(data, "222n");
        case DnsType::caa: return caa(data);
    }
    return std::nullopt;
}

std::string reverse_name(const net::Address& address) {
    std::string name;
    if (address.family == AF_INET) {
        for (int i = 3; i >= 0; --i) name += std::to_string(address.bytes[i]) + '.';
        return name + "in-addr.arpa";
    }
    for (int i = 15; i >= 0; --i) name += fmt::format("{:x}.{:x}.", address.bytes[i] & 0xFU, address.bytes[i] >> 4U);
    return name + "ip6.arpa";
}

}  // namespace sonde::check
