// All dependencies and groups as they are stored, for refusing what would close a circle.
#pragma once

#include "lib/db/db.h"
#include "lib/decision/dependency.h"
#include "lib/decision/group.h"

namespace sonde::controlplane {

// Without the dependency and the group that are about to be replaced, if they are given. `mentioned` are ends of what is about to be added.
decision::Dependencies load_graph(db::Tx& tx, std::optional<DependencyId> without, std::optional<GroupId> without_group,
                                  const std::vector<decision::Node>& mentioned);

// `Shop / API → Router → Shop / API`, with what each is.
std::string describe_way(db::Tx& tx, const std::vector<decision::Node>& way);

}  // namespace sonde::controlplane
