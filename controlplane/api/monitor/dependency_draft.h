// What people set of a dependency. Pure.
#pragma once

#include <string>

#include "lib/decision/suppression.h"
#include "lib/json/reader.h"

namespace sonde::controlplane {

struct DependencyDraft {
    decision::Node child;   // a monitor or a site
    decision::Node parent;  // or a group
    std::string note;
    friend bool operator==(const DependencyDraft&, const DependencyDraft&) = default;
};

DependencyDraft read_dependency(const Json& document, const std::string& pointer, json::Problems& problems);
Json write_dependency(const DependencyDraft& draft);

// `{"kind": …, "id": …}`.
Json write_node(decision::Node node);

}  // namespace sonde::controlplane
