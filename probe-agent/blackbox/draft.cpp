#include "probe-agent/blackbox/draft.h"

#include <fmt/format.h>

#include <array>

namespace sonde::agent::blackbox {
namespace {

constexpr std::size_t kMostPatterns = 50;

struct VersionName {
    std::string_view theirs;
    const char* ours;
};
constexpr std::array<VersionName, 4> kVersions{{{"TLS10", "1.0"}, {"TLS11", "1.1"}, {"TLS12", "1.2"}, {"TLS13", "1.3"}}};

void read_min_version(YamlMap& in, const std::string& pointer, const TlsFields& fields, Draft& draft) {
    std::string text;
    if (!in.text("min_version", text) || text.empty()) return;
    for (const auto& version : kVersions) {
        if (version.theirs == text) return draft.put(pointer + '/' + fields.min_version, version.ours, in.place("min_version"));
    }
    in.refuse("min_version", "must be TLS10, TLS11, TLS12 or TLS13");
}

// A pair that has no equal in the kind is refused; else both go in, with the key among the secrets.
void read_own_certificate(YamlMap& in, const ReadFile& files, const std::string& pointer, const TlsFields& fields, Draft& draft) {
    if (fields.certificate == nullptr) {
        for (const auto* key : {"cert", "cert_file", "key", "key_file"}) in.unsupported(key, "client certificates go with the prober http only");
        return;
    }
    Place place;
    std::string text;
    if (read_text_or_file(in, "cert", files, text, place)) draft.put(pointer + '/' + fields.certificate, text, place);
    if (!read_text_or_file(in, "key", files, text, place)) return;
    draft.put(pointer + '/' + fields.key, text, place);
    draft.hide(text);
}

}  // namespace


void Draft::put(const std::string& pointer, Json value, Place place) {
    module.spec[Json::json_pointer(pointer)] = std::move(value);
    origins[pointer] = std::move(place);
}

void Draft::append(const std::string& pointer, Json value, Place place) {
    auto& list = module.spec[Json::json_pointer(pointer)];
    origins[fmt::format("{}/{}", pointer, list.size())] = std::move(place);
    list.push_back(std::move(value));
}

const Place& Draft::origin(std::string pointer, const Place& section) const {
    while (!pointer.empty()) {
        if (const auto found = origins.find(pointer); found != origins.end()) return found->second;
        pointer.resize(pointer.rfind('/'));
    }
    return section;
}

bool read_text_or_file(YamlMap& in, const std::string& key, const ReadFile& files, std::string& target, Place& place) {
    const auto from = key + "_file";
    std::string path;
    if (in.has(key) && in.has(from)) in.refuse(from, fmt::format("cannot go with {}", key));
    if (in.text(key, target)) {
        place = in.place(key);
        if (in.has(from)) static_cast<void>(in.text(from, path));
        return true;
    }
    if (!in.text(from, path)) return false;
    auto text = files(path);
    if (!text) {
        in.refuse(from, text.error().message);
        return false;
    }
    target = std::move(*text);
    target.resize(target.find_last_not_of(" \t\r\n") + 1);
    place = in.place(from);
    return true;
}

void read_preference(YamlMap& in, Preference& preference) {
    std::string text;
    if (in.text("preferred_ip_protocol", text) && !text.empty()) {
        if (text != "ip4" && text != "ip6") in.refuse("preferred_ip_protocol", "must be ip4 or ip6");
        preference.ipv6 = text == "ip6";
    }
    in.flag("ip_protocol_fallback", preference.falls_back);
}

void read_tls(YamlMap& in, const ReadFile& files, const std::string& pointer, const TlsFields& fields, Draft& draft) {
    in.group("tls_config", [&](YamlMap& tls) {
        bool skip = false;
        if (tls.flag("insecure_skip_verify", skip) && skip) draft.put(pointer + '/' + fields.verify, false, tls.place("insecure_skip_verify"));
        Place place;
        std::string text;
        if (read_text_or_file(tls, "ca", files, text, place)) draft.put(pointer + '/' + fields.ca, text, place);
        if (tls.text("server_name", text) && !text.empty()) draft.put(pointer + '/' + fields.server_name, text, tls.place("server_name"));
        read_own_certificate(tls, files, pointer, fields, draft);
        read_min_version(tls, pointer, fields, draft);
        if (tls.text("max_version", text) && text != "TLS13") tls.refuse("max_version", "is not possible here: there is no upper bound to the version of TLS");
    });
}

void read_patterns(YamlMap& in, std::string_view key, std::vector<Expression>& target) {
    in.texts(key, kMostPatterns, [&](const std::string& text, const Place& place) {
        auto pattern = regex::Pattern::compile(text);
        if (!pattern) return in.mistakes().add(place.line, fmt::format("\"{}\" {}", place.path, pattern.error().message));
        target.push_back({text, std::move(*pattern)});
    });
}

}  // namespace sonde::agent::blackbox
