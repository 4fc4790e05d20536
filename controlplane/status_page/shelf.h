// Pages on disk, so that there are some after a restart without the database: one file each, replaced as a whole. They have what protected pages are held against, and nobody else may read them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controlplane/status_page/pages.h"
#include "lib/base/result.h"
#include "lib/base/status_page_id.h"

namespace sonde::status_page {

// A page as one line of JSON; `version` is its digest.
std::string write_file(StatusPageId id, const Page& page);
std::string version_of(std::string_view file);
// Anything that `write_file` did not write is an error, in words that follow the file's name.
Result<std::pair<StatusPageId, Page>> read_file(std::string_view text);

// Not thread-safe.
class Shelf {
public:
    // Without a directory nothing is kept, and nothing fails.
    explicit Shelf(std::string directory) : directory_(std::move(directory)) {}

    // Makes the directory if it is missing. What cannot be read is logged and left out.
    std::vector<std::pair<StatusPageId, Page>> read_all() const;
    [[nodiscard]] Status put(StatusPageId id, std::string_view file) const;
    void remove(StatusPageId id) const;

private:
    [[nodiscard]] std::string path_of(StatusPageId id) const;
    const std::string directory_;
};

}  // namespace sonde::status_page
