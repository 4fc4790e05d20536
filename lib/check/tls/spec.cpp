#include "lib/check/tls/spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/check/host.h"
#include "lib/check/tls/authorities.h"

namespace sonde::check {
namespace {

constexpr std::size_t kMaxFingerprints = 10;
constexpr int kMaxDays = 825;  // as long as any certificate a browser takes ever lived

int usual_port(StartTls protocol) {
    switch (protocol) {
        case StartTls::none: return 443;
        case StartTls::smtp: return 25;
        case StartTls::imap: return 143;
        case StartTls::pop3: return 110;
        case StartTls::ftp: return 21;
        case StartTls::postgres: return 5432;
        case StartTls::ldap: return 389;
    }
    return 443;
}

// Colons between the bytes, as tools print them, and capitals are taken; nothing if it is no SHA-256.
std::string plain_fingerprint(std::string_view text) {
    const bool has_colons = text.size() == 95;
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (has_colons && i % 3 == 2) {
            if (c != ':') return {};
        } else if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) {
            plain += c;
        } else if (c >= 'A' && c <= 'F') {
            plain += static_cast<char>(c - 'A' + 'a');
        } else {
            return {};
        }
    }
    return plain.size() == 64 ? plain : std::string();
}

void read_fingerprints(json::Reader& in, TlsSpec& spec) {
    std::vector<std::string> texts;
    if (!in.texts("fingerprints", texts, kMaxFingerprints, {.min = 64, .max = 95})) return;
    for (const auto& text : texts) {
        auto plain = plain_fingerprint(text);
        if (plain.empty()) return in.refuse("fingerprints", fmt::format("\"{}\" is not a SHA-256 of 64 hexadecimal digits", text));
        if (std::find(spec.fingerprints.begin(), spec.fingerprints.end(), plain) == spec.fingerprints.end()) {
            spec.fingerprints.push_back(std::move(plain));
        }
    }
}

}  // namespace

void read(TlsSpec& spec, json::Reader& in, json::Problems& /*problems*/) {
    in.require({"host"});
    read_host(in, "host", spec.host);
    in.name("starttls", spec.starttls);
    spec.port = usual_port(spec.starttls);
    in.whole("port", spec.port, 1, 65535);
    read_server_name(in, "server_name", spec.server_name);
    in.boolean("verify", spec.verify);
    read_authorities(in, "ca", spec.ca);
    read_warnings(in, "warn_days", spec.warn_days, kMaxDays);
    spec.critical_days = std::min(spec.critical_days, spec.warn_days.first());
    in.whole("critical_days", spec.critical_days, 0, kMaxDays);
    if (!spec.warn_days.days.empty() && spec.critical_days > spec.warn_days.first()) in.refuse("critical_days", "must not be above warn_days");
    in.name("min_version", spec.min_version);
    in.whole("min_rsa_bits", spec.min_rsa_bits, 0, 16384);
    in.whole("min_ec_bits", spec.min_ec_bits, 0, 521);
    in.boolean("allow_weak_signature", spec.allow_weak_signature);
    read_fingerprints(in, spec);
}

Json write(const TlsSpec& spec) {
    return {{"host", spec.host},
            {"port", spec.port},
            {"starttls", name_of(spec.starttls)},
            {"server_name", spec.server_name},
            {"verify", spec.verify},
            {"ca", spec.ca},
            {"warn_days", spec.warn_days.days},
            {"critical_days", spec.critical_days},
            {"min_version", name_of(spec.min_version)},
            {"min_rsa_bits", spec.min_rsa_bits},
            {"min_ec_bits", spec.min_ec_bits},
            {"allow_weak_signature", spec.allow_weak_signature},
            {"fingerprints", spec.fingerprints}};
}

Endpoint endpoint(const TlsSpec& spec) { return {spec.host, spec.port}; }

}  // namespace sonde::check
