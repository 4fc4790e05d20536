// How the pages' snapshots are kept.
#pragma once

#include <string>

#include "lib/base/instant.h"

namespace sonde::status_page {

struct KeeperOptions {
    std::string directory;          // where they are kept on disk, too; empty: nowhere
    int builds_per_second = 20;     // of all pages
    milliseconds refresh{30'000};   // a snapshot that nothing happened to is made anew after so long
};

}  // namespace sonde::status_page
