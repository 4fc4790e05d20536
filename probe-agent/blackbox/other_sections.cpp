// What a module's sections `tcp`, `dns`, `icmp` and `grpc` ask.
#include <fmt/format.h>

#include <array>

#include "lib/check/dns/record.h"
#include "probe-agent/blackbox/draft.h"

namespace sonde::agent::blackbox {
namespace {

constexpr std::size_t kMostSteps = 20;
constexpr std::size_t kMostRcodes = 24;
constexpr TlsFields kTlsConfigFields{"verify", "ca", "server_name", "min_version", nullptr, nullptr};
constexpr const char* kSource = "the system chooses the address that is sent from";

// One entry may have all three, which come in this order.
void read_step(YamlMap& in, const Place& place, Draft& draft) {
    std::string expect;
    std::string send;
    bool starts_tls = false;
    const bool expects = in.text("expect", expect) && !expect.empty();
    const bool sends = in.text("send", send) && !send.empty();
    in.flag("starttls", starts_tls);
    in.unsupported("labels", "what an expectation captures is not kept");
    if (expects && sends && send.find('$') != std::string::npos)
        in.refuse("send", "is not possible here: it names what an expectation captured ($), and that is not kept");
    if (expects) draft.append("/dialogue", {{"expect_line", expect}}, place);
    if (sends) draft.append("/dialogue", {{"send", send + '\n'}}, place);
    if (starts_tls) draft.append("/dialogue", {{"starttls", true}}, place);
}

// `/tls` of the spec, with what tls_config says of it. Where there is to be no TLS that is of use to nobody; but what is written there must be right.
void read_wanted_tls(YamlMap& in, const ReadFile& files, Draft& draft, bool wanted, const char* useless) {
    if (wanted) draft.put("/tls", Json::object(), in.place("tls"));
    Draft unused;
    read_tls(in, files, wanted ? "/tls" : "", kTlsConfigFields, wanted ? draft : unused);
    if (!wanted && in.has("tls_config")) in.refuse("tls_config", useless);
}

}  // namespace

void read_tcp(YamlMap& in, const ReadFile& files, Draft& draft) {
    draft.module.spec["dialogue"] = Json::array();
    bool tls = false;
    in.flag("tls", tls);
    in.each("query_response", kMostSteps, [&](const YAML::Node& item, const Place& place) {
        YamlMap step(item, place, in.mistakes());
        read_step(step, place, draft);
        step.finish();
    });
    bool starts_tls = false;
    for (const auto& step : draft.module.spec["dialogue"]) starts_tls = starts_tls || step.contains("starttls");
    if (tls && starts_tls) in.refuse("tls", "cannot go with a step that has starttls");
    read_wanted_tls(in, files, draft, tls || starts_tls, "is of no use without tls or a step that has starttls");
    read_preference(in, draft.module.preference);
    in.unsupported("source_ip_address", kSource);
}

namespace {

void read_records(YamlMap& in, std::string_view key, DnsDemands::Records& records) {
    in.group(key, [&](YamlMap& inner) {
        read_patterns(inner, "fail_if_matches_regexp", records.none_matches);
        read_patterns(inner, "fail_if_not_matches_regexp", records.all_match);
        read_patterns(inner, "fail_if_none_matches_regexp", records.one_of);
        inner.unsupported("fail_if_all_match_regexp", "blackbox_exporter fails where not all match; fail_if_not_matches_regexp does that and says so");
    });
}

}  // namespace

void read_dns(YamlMap& in, Draft& draft) {
    std::string text;
    if (in.text("query_name", text)) {
        draft.put("/name", text, in.place("query_name"));
    } else {
        in.refuse("query_name", "is required");
    }
    if (in.text("query_type", text)) {
        draft.put("/type", text, in.place("query_type"));
    } else {
        in.refuse("query_type", "is required: ANY, which it would be otherwise, is answered by few servers (RFC 8482)");
    }
    if (in.text("query_class", text) && text != "IN") in.refuse("query_class", "is not possible here: only IN is asked for");
    if (in.text("transport_protocol", text) && !text.empty()) draft.put("/transport", text, in.place("transport_protocol"));
    bool recursion = true;
    in.flag("recursion_desired", recursion);
    draft.module.spec["recursion"] = recursion;
    auto& demands = draft.module.dns;
    std::vector<std::string> rcodes;
    in.texts("valid_rcodes", kMostRcodes, [&](std::string name, const Place& place) {
        if (!from_name<check::DnsRcode>(name))
            return in.mistakes().add(place.line, fmt::format("\"{}\" must be one of {}", place.path, fmt::join(EnumNames<check::DnsRcode>::names, ", ")));
        rcodes.push_back(std::move(name));
    });
    if (!rcodes.empty()) demands.rcodes = std::move(rcodes);
    read_records(in, "validate_answer_rrs", demands.answers);
    for (const auto* key : {"validate_authority_rrs", "validate_additional_rrs"}) in.unsupported(key, "only the records of the answer are kept");
    read_preference(in, draft.module.preference);
    in.only_off("dns_over_tls", "DNS is asked over UDP and TCP only");
    in.unsupported("tls_config", "DNS is asked over UDP and TCP only");
    in.unsupported("source_ip_address", kSource);
}

void read_icmp(YamlMap& in, Draft& draft) {
    constexpr std::int64_t usual_ttl = 64;
    std::int64_t number = 0;
    draft.module.spec["packets"] = 1;
    if (in.whole("payload_size", number, 8, 1452)) draft.put("/payload_bytes", number, in.place("payload_size"));
    if (in.whole("ttl", number, 0, 255) && number != usual_ttl) in.refuse("ttl", "is not possible here: packets have the system's TTL");
    in.only_off("dont_fragment", "whether packets may be divided is left to the system");
    read_preference(in, draft.module.preference);
    in.unsupported("source_ip_address", kSource);
}

void read_grpc(YamlMap& in, const ReadFile& files, Draft& draft) {
    std::string service;
    if (in.text("service", service)) draft.put("/service", service, in.place("service"));
    bool tls = false;
    in.flag("tls", tls);
    read_wanted_tls(in, files, draft, tls, "is of no use without tls");
    read_preference(in, draft.module.preference);
}

}  // namespace sonde::agent::blackbox
