// /v1/regions/{region}/join-tokens: what lets agents join a region.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controlplane/api/endpoint/endpoint.h"
#include "lib/admission/id.h"

namespace sonde::controlplane::join_api {

// `sonde_join_<identifier without its prefix>_<43 characters>`: by the first part it is found, by the second it is known.
struct JoinTokenText {
    JoinTokenId id;
    std::string_view secret;
};
std::optional<JoinTokenText> read_join_token(std::string_view text);
std::string write_join_token(JoinTokenId id, std::string_view secret);

Endpoints endpoints();

}  // namespace sonde::controlplane::join_api
