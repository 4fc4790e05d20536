// Request bodies: media type, size, JSON, and merge patches (RFC 7396).
#pragma once

#include <initializer_list>
#include <string_view>

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane {

// The body as JSON. Throws a problem: 415 for another media type, 400 for what is no JSON, is nested too deep or has a key twice.
Json read_body(const Call& call);

// As `read_body`, but an absent body is an empty object.
Json read_optional_body(const Call& call);

// What `document` is after the body of a PATCH request; also a null in it removes a field, which then has its default. A null for a field that neither the document nor
// `optional` has stays in it, so that whoever reads it refuses it like any unknown field; but not in `spec`, which has fields of its kind.
Json patched(const Json& document, const Json& patch, std::initializer_list<std::string_view> optional = {});

// Refuses fields that are in what we send but are not the caller's to set, and says so.
void refuse_read_only(json::Reader& in, std::initializer_list<std::string_view> fields);

// Short labels, each once.
void read_tags(json::Reader& in, std::vector<std::string>& tags);

}  // namespace sonde::controlplane
