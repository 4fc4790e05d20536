// What people set of an API client: its reading and its document. Pure.
#pragma once

#include <optional>
#include <string>

#include "controlplane/access/restriction.h"
#include "controlplane/api/endpoint/permission.h"
#include "lib/base/instant.h"
#include "lib/json/reader.h"

namespace sonde::controlplane {

struct ClientDraft {
    std::string name;
    std::string role;
    std::optional<Permissions> scopes;       // of those of the role; nothing for all of them
    std::optional<Restriction> restriction;
    std::optional<TimePoint> expires_at;
    friend bool operator==(const ClientDraft&, const ClientDraft&) = default;

    // `of_role`: what the role may do now.
    [[nodiscard]] Permissions permissions(Permissions of_role) const { return scopes ? of_role.common(*scopes) : of_role; }
};

// Whether role and sites exist is not asked here.
ClientDraft read_client(const Json& document, json::Problems& problems);
Json write_client(const ClientDraft& draft);

}  // namespace sonde::controlplane
