// What people set of a role: its reading and its document. Pure.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/api/endpoint/permission.h"
#include "lib/json/reader.h"

namespace sonde::controlplane {

struct RoleDraft {
    std::string name;
    std::string title;
    Permissions permissions;
    friend bool operator==(const RoleDraft&, const RoleDraft&) = default;
};

// As in the check constraint of schema/migrations, and fit for a path.
bool is_role_name(std::string_view name);

RoleDraft read_role(const Json& document, json::Problems& problems);
Json write_role(const RoleDraft& draft);

// The field's permission keys; each mistake is reported.
Permissions read_permissions(json::Reader& in, std::string_view field, json::Problems& problems);
Json write_permissions(Permissions permissions);

// One sentence on what the permission allows.
std::string_view describe(Permission permission);

}  // namespace sonde::controlplane
