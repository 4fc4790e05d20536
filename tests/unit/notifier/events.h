// An event of every kind: the golden documents, and those that follow from them.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>

#include "lib/json/json.h"
#include "notifier/core/event.h"

namespace sonde::test {

inline std::string source_path(const std::string& path) {
    const char* root = std::getenv("SONDE_SOURCE_DIR");
    return std::string(root == nullptr ? "." : root) + "/" + path;
}

inline std::string file_text(const std::string& path) {
    std::ifstream file(source_path(path));
    return {std::istreambuf_iterator<char>(file), {}};
}

// What the file has, or with SONDE_UPDATE_GOLDEN what it has from now on.
inline std::string golden_text(const std::string& path, const std::string& made) {
    if (std::getenv("SONDE_UPDATE_GOLDEN") != nullptr) std::ofstream(source_path(path)) << made;
    return file_text(path);
}

// By the name of its kind.
inline Json event_document(const std::string& kind) {
    const auto golden = [](std::string name) {
        for (auto& c : name) c = c == '.' ? '_' : c;
        const auto text = file_text("schema/golden/event_" + name + ".json");
        if (text.empty()) return Json();
        return *json::parse(text);
    };
    if (auto found = golden(kind); !found.is_null()) return found;
    // kind → the document it is like, and what differs.
    static const std::map<std::string, std::pair<std::string, Json>> others{
        {"incident.acknowledged", {"incident.assigned", {{"incident", {{"state", "acknowledged"}, {"acknowledged_at", "2026-01-01T00:02:00.123Z"}, {"change", nullptr}, {"comment", "on it"}}}}}},
        {"incident.unacknowledged", {"incident.assigned", {{"incident", {{"change", nullptr}}}}}},
        {"incident.commented", {"incident.assigned", {{"incident", {{"change", nullptr}, {"comment", "The provider has been called."}}}}}},
        {"advisory.opened", {"advisory.closed", {{"at", "2026-01-01T00:00:01.123Z"}, {"advisory", {{"closed_at", nullptr}}}}}},
        {"advisory.changed", {"advisory.closed", {{"advisory", {{"closed_at", nullptr}, {"regions", {"eu", "us"}}}}}}},
        {"advisory.acknowledged", {"advisory.closed", {{"actor", "token:ann"}, {"advisory", {{"closed_at", nullptr}}}}}},
        {"advisory.muted", {"advisory.closed", {{"actor", "token:ann"}, {"comment", "until Monday"}, {"advisory", {{"closed_at", nullptr}}}}}},
        {"coverage.restored", {"coverage.lost", {{"coverage", {{"since", "2026-01-01T00:05:00.123Z"}}}}}},
        {"channel.test", {"coverage.lost", {{"actor", "token:ann"}, {"coverage", nullptr}, {"regions", nullptr}}}},
        {"region.released", {"region.quarantined", {{"region", {{"health", "voting"}}}}}},
        {"monitor.flapping_ended", {"monitor.flapping_began", {{"votes", nullptr}}}},
        {"maintenance.ended", {"maintenance.started", Json::object()}},
        {"group.changed",
         {"maintenance.started",
          {{"maintenance", nullptr}, {"site", {{"id", "sit_0000000000003"}, {"name", "Café API"}}},
           {"group", {{"id", "grp_000000000000n"}, {"name", "Web"}, {"from", "up"}, {"to", "down"}, {"needed", 2}, {"members", 3}, {"up", 1}, {"down", 2}}}}}},
        {"other", {"maintenance.started", {{"kind", "invoice.paid"}, {"maintenance", nullptr}}}},
    };
    const auto found = others.find(kind);
    if (found == others.end()) throw std::logic_error("no document for " + kind);
    auto document = golden(found->second.first);
    document["kind"] = kind;
    document.merge_patch(found->second.second);
    return document;
}

}  // namespace sonde::test
