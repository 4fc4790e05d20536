// The pages in memory: found by name and host, replaced one by one.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/status_page/pages.h"
#include "lib/base/status_page_id.h"

namespace sonde::status_page {

using PagePtr = std::shared_ptr<const Page>;

// Whether visitors would see a difference, or may not see it any more: but for numbers that move as time passes, and bars.
bool looks_different(const Page& was, const Page& is);

// Thread-safe: a look-up takes a lock for as long as it takes to find a name in a tree.
class Rack {
public:
    [[nodiscard]] PagePtr find(std::string_view slug) const;
    [[nodiscard]] PagePtr find_host(std::string_view host) const;
    [[nodiscard]] PagePtr find(StatusPageId id) const;
    [[nodiscard]] std::vector<StatusPageId> ids() const;
    // How long ago the oldest snapshot was made; 0 without any.
    [[nodiscard]] milliseconds oldest(TimePoint now) const;

    // What was there before; null, if nothing. A null page takes it away.
    PagePtr put(StatusPageId id, PagePtr page);

private:
    void index();

    mutable std::mutex mutex_;
    std::map<StatusPageId, PagePtr> pages_;
    std::map<std::string, PagePtr, std::less<>> by_slug_;
    std::map<std::string, PagePtr, std::less<>> by_host_;
};

}  // namespace sonde::status_page
