// A module being read: one of our specs in the making, and where each of its fields came from. Internal to blackbox.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "probe-agent/blackbox/module_file.h"
#include "probe-agent/blackbox/yaml_map.h"

namespace sonde::agent::blackbox {


struct Draft {
    Module module;
    std::map<std::string, Place> origins;  // by JSON pointer into `module.spec`

    // `pointer` as RFC 6901 has it.
    void put(const std::string& pointer, Json value, Place place);
    void append(const std::string& pointer, Json value, Place place);
    void hide(const std::string& secret) { module.secrets.emplace_back(secret); }  // wherever it is told of
    // Of the field that `pointer` is, or is in; the whole section's otherwise.
    [[nodiscard]] const Place& origin(std::string pointer, const Place& section) const;
};

// `key` is a text, or `key_file` names a file with it, of which blanks at the end do not count; not both.
bool read_text_or_file(YamlMap& in, const std::string& key, const ReadFile& files, std::string& target, Place& place);

// preferred_ip_protocol and ip_protocol_fallback.
void read_preference(YamlMap& in, Preference& preference);

// The names of our fields for what tls_config says. One that is null has no equal in the kind.
struct TlsFields {
    const char* verify = nullptr;
    const char* ca = nullptr;
    const char* server_name = nullptr;
    const char* min_version = nullptr;
    const char* certificate = nullptr;
    const char* key = nullptr;
};
// The group tls_config, if it is there, into the object at `pointer`.
void read_tls(YamlMap& in, const ReadFile& files, const std::string& pointer, const TlsFields& fields, Draft& draft);

// Each of a list of regular expressions, in the syntax of Go's, which is RE2's.
void read_patterns(YamlMap& in, std::string_view key, std::vector<Expression>& target);

// The sections of the probers.
void read_http(YamlMap& in, const ReadFile& files, Draft& draft);
void read_tcp(YamlMap& in, const ReadFile& files, Draft& draft);
void read_dns(YamlMap& in, Draft& draft);
void read_icmp(YamlMap& in, Draft& draft);
void read_grpc(YamlMap& in, const ReadFile& files, Draft& draft);

}  // namespace sonde::agent::blackbox
