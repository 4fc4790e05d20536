#include "controlplane/api/monitor/dependency_draft.h"

#include "controlplane/api/endpoint/body.h"

namespace sonde::controlplane {
namespace {

using decision::Node;
using decision::NodeKind;

template <class AnyId>
void read_number(json::Reader& in, Node& node) {
    AnyId id;
    if (in.id("id", id)) node.id = id.value();
}

void read_node(json::Reader& outer, std::string_view field, Node& node, bool may_be_group, json::Problems& problems) {
    const auto* object = outer.object(field);
    if (object == nullptr) return;
    json::Reader in(*object, outer.pointer(field), problems);
    in.require({"kind", "id"});
    if (!in.name("kind", node.kind)) {
        in.value("id");
    } else if (node.kind == NodeKind::group && !may_be_group) {
        in.value("id");
        in.refuse("kind", "must be monitor or site: a group depends on nothing but its members");
    } else {
        switch (node.kind) {
            case NodeKind::monitor: read_number<MonitorId>(in, node); break;
            case NodeKind::site: read_number<SiteId>(in, node); break;
            case NodeKind::group: read_number<GroupId>(in, node); break;
        }
    }
    in.finish();
}

}  // namespace

DependencyDraft read_dependency(const Json& document, const std::string& pointer, json::Problems& problems) {
    DependencyDraft draft;
    json::Reader in(document, pointer, problems);
    in.require({"child", "parent"});
    read_node(in, "child", draft.child, false, problems);
    read_node(in, "parent", draft.parent, true, problems);
    in.text("note", draft.note, {.max = 500, .multi_line = true});
    refuse_read_only(in, {"id", "version", "created_at", "updated_at"});
    in.finish();
    if (problems.empty() && draft.child == draft.parent) in.refuse("parent", "must be another one than the child");
    return draft;
}

Json write_node(Node node) {
    Json document;
    document["kind"] = name_of(node.kind);
    switch (node.kind) {
        case NodeKind::monitor: document["id"] = MonitorId{node.id}.text(); break;
        case NodeKind::site: document["id"] = SiteId{node.id}.text(); break;
        case NodeKind::group: document["id"] = GroupId{node.id}.text(); break;
    }
    return document;
}

Json write_dependency(const DependencyDraft& draft) {
    Json document;
    document["child"] = write_node(draft.child);
    document["parent"] = write_node(draft.parent);
    document["note"] = draft.note;
    return document;
}

}  // namespace sonde::controlplane
