// Snapshots as documents: what a preview answers, and what is kept on disk. Pure.
#pragma once

#include "controlplane/status_page/snapshot.h"
#include "lib/json/reader.h"

namespace sonde::status_page {

inline constexpr std::size_t kMostSnapshotBytes = 64 << 20;

Json write_snapshot(const Snapshot& page);
// Reads back equal what `write_snapshot` wrote; of anything else every mistake is a problem, and the snapshot is worth nothing.
Snapshot read_snapshot(const Json& document, const std::string& pointer, json::Problems& problems);

}  // namespace sonde::status_page
