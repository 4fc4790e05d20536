// Entity tags and the conditions that are put on them (RFC 9110, section 13).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane {

// `"<version>-<digest>"`: the version is of what clients set, the digest of everything that is shown, for a state changes without
// anybody having edited. `If-Match` asks for the version alone, so that a verdict in between makes no edit fail; `If-None-Match`
// for the whole.
std::string entity_tag(int version, std::string_view body);

// The version in one tag as a client sends it, with or without a digest; nothing for weak and foreign ones.
std::optional<int> version_of_tag(std::string_view tag);

// Throws 412 unless `If-Match` is absent, `*`, or names `version`.
void check_if_match(const http::Request& request, int version);

// The version that `If-Match` asks for, for whoever checks it later; nothing if any will do. 412 if none can match.
std::optional<int> if_match_version(const http::Request& request);

// Whether `If-None-Match` names this tag, or any.
bool is_known(const http::Request& request, std::string_view tag);

// 200 (or `status`) with ETag; 304 without a body if it is a GET or HEAD and `If-None-Match` names the present representation.
http::Response resource_response(const http::Request& request, const Json& document, int version, int status = 200);

}  // namespace sonde::controlplane
