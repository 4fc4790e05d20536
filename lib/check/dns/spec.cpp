#include "lib/check/dns/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sonde::check {
namespace {

constexpr std::size_t kMostAnswers = 50;
constexpr std::size_t kLongestAnswer = 4096;

void read_name(json::Reader& in, DnsSpec& spec) {
    std::string text;
    if (!in.text("name", text, {.min = 1, .max = 254})) return;
    if (net::Address::parse(text)) {
        if (spec.type != DnsType::ptr) return in.refuse("name", "is an address: only PTR records are asked for by address");
    } else if (!canonical_name(text) || text.find_first_of("\\\"") != std::string::npos) {
        return in.refuse("name", "must be a name of labels of 1 to 63 ASCII characters, 253 in all; others are written as xn--…");
    }
    spec.name = std::move(text);
}

void read_server(json::Reader& in, DnsSpec& spec) {
    std::string text;
    if (!in.text("server", text, {.max = 64}) || text.empty()) return;
    if (!parse_dns_server(text)) {
        return in.refuse("server", "must be an address, with a port or without, as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53");
    }
    spec.server = std::move(text);
}

// Nothing if the list is absent or wrong.
std::optional<std::vector<std::string>> read_records(json::Reader& in, const char* field, DnsType type, json::Problems& problems) {
    std::vector<std::string> list;
    if (!in.texts(field, list, kMostAnswers, {.max = kLongestAnswer, .multi_line = true})) return std::nullopt;
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto canonical = canonical_data(type, list[i]);
        if (!canonical) {
            problems.push_back({fmt::format("{}/{}", in.pointer(field), i), fmt::format("is not the data of a record of type {}", name_of(type))});
            continue;
        }
        list[i] = std::move(*canonical);
    }
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
    return list;
}

void read_patterns(json::Reader& in, DnsAnswers& answers, json::Problems& problems) {
    std::vector<std::string> list;
    if (!in.texts("matches", list, kMostAnswers, {.min = 1, .max = regex::kMaxPatternBytes})) return;
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto pattern = regex::Pattern::compile(list[i]);
        if (!pattern) {
            problems.push_back({fmt::format("{}/{}", in.pointer("matches"), i), pattern.error().message});
            continue;
        }
        answers.matches.push_back({std::move(list[i]), std::move(*pattern)});
    }
}

void read_answers(json::Reader& in, DnsSpec& spec, json::Problems& problems) {
    const auto* document = in.object("answers");
    if (document == nullptr) return;
    json::Reader answers(*document, in.pointer("answers"), problems);
    spec.answers.equals = read_records(answers, "equals", spec.type, problems);
    spec.answers.contains = read_records(answers, "contains", spec.type, problems).value_or(std::vector<std::string>{});
    read_patterns(answers, spec.answers, problems);
    answers.finish();
    if (spec.answers.asks_nothing()) return;
    if (spec.rcode != DnsRcode::noerror) in.refuse("answers", "can be asked for with the rcode NOERROR only");
    if (spec.answers.equals && (!spec.answers.contains.empty() || !spec.answers.matches.empty()))
        in.refuse("answers", "has `equals`, which leaves nothing to `contains` and `matches`");
}

void read_ttl(json::Reader& in, DnsSpec& spec) {
    in.whole("min_ttl_s", spec.min_ttl_s, 0, DnsSpec::kMostTtl);
    in.whole("max_ttl_s", spec.max_ttl_s, 0, DnsSpec::kMostTtl);
    if (spec.min_ttl_s > spec.max_ttl_s) in.refuse("min_ttl_s", "must not be more than max_ttl_s");
    const bool bounded = spec.min_ttl_s > 0 || spec.max_ttl_s < DnsSpec::kMostTtl;
    if (bounded && spec.rcode != DnsRcode::noerror) in.refuse("rcode", "must be NOERROR where a TTL is bounded: other answers have none");
}

}  // namespace

std::optional<DnsServerAddress> parse_dns_server(std::string_view text) {
    if (const auto address = net::Address::parse(text)) return DnsServerAddress{*address, 53};
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    auto host = text.substr(0, colon);
    const auto digits = text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto address = net::Address::parse(host);
    if (!address || bracketed != (address->family == AF_INET6)) return std::nullopt;
    int port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size() || port < 1 || port > 65535) return std::nullopt;
    return DnsServerAddress{*address, port};
}

std::string question_of(const DnsSpec& spec) {
    const auto address = net::Address::parse(spec.name);
    return address ? reverse_name(*address) : spec.name;
}

void read(DnsSpec& spec, json::Reader& in, json::Problems& problems) {
    in.require({"name"});
    in.name("type", spec.type);
    read_name(in, spec);
    read_server(in, spec);
    in.name("transport", spec.transport);
    in.boolean("recursion", spec.recursion);
    in.name("rcode", spec.rcode);
    read_answers(in, spec, problems);
    read_ttl(in, spec);
    in.boolean("authoritative", spec.authoritative);
}

Json write(const DnsSpec& spec) {
    Json answers = Json::object();
    if (spec.answers.equals) answers["equals"] = *spec.answers.equals;
    if (!spec.answers.contains.empty()) answers["contains"] = spec.answers.contains;
    for (const auto& expression : spec.answers.matches) answers["matches"].push_back(expression.text);
    return {{"name", spec.name},
            {"type", name_of(spec.type)},
            {"server", spec.server},
            {"transport", name_of(spec.transport)},
            {"recursion", spec.recursion},
            {"rcode", name_of(spec.rcode)},
            {"answers", std::move(answers)},
            {"min_ttl_s", spec.min_ttl_s},
            {"max_ttl_s", spec.max_ttl_s},
            {"authoritative", spec.authoritative}};
}

// Through the agent's own servers, checks of one name share the bound.
Endpoint endpoint(const DnsSpec& spec) {
    const auto server = parse_dns_server(spec.server);
    return server ? Endpoint{server->address.text(), server->port} : Endpoint{spec.name, 53};
}

}  // namespace sonde::check
