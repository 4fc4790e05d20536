#include "controlplane/status_page/rack.h"

#include <algorithm>
#include <utility>

namespace sonde::status_page {
namespace {

bool same(const Component& a, const Component& b) {
    return a.id == b.id && a.name == b.name && a.description == b.description && a.condition == b.condition && a.since == b.since;
}

bool same(const Group& a, const Group& b) {
    return a.name == b.name && a.collapsed == b.collapsed &&
           std::equal(a.components.begin(), a.components.end(), b.components.begin(), b.components.end(), [](const Component& c, const Component& d) { return same(c, d); });
}

PagePtr look_up(const std::map<std::string, PagePtr, std::less<>>& pages, std::string_view name) {
    const auto found = pages.find(name);
    return found == pages.end() ? nullptr : found->second;
}

}  // namespace

bool looks_different(const Page& was, const Page& is) {
    const auto& a = was.snapshot;
    const auto& b = is.snapshot;
    return was.slug != is.slug || was.host != is.host || was.guard != is.guard || a.look != b.look || a.condition != b.condition || a.accounting != b.accounting ||
           a.open != b.open || a.past != b.past || a.maintenance != b.maintenance ||
           !std::equal(a.groups.begin(), a.groups.end(), b.groups.begin(), b.groups.end(), [](const Group& c, const Group& d) { return same(c, d); });
}

PagePtr Rack::find(std::string_view slug) const {
    const std::scoped_lock lock(mutex_);
    return look_up(by_slug_, slug);
}

PagePtr Rack::find_host(std::string_view host) const {
    const std::scoped_lock lock(mutex_);
    return look_up(by_host_, host);
}

PagePtr Rack::find(StatusPageId id) const {
    const std::scoped_lock lock(mutex_);
    const auto found = pages_.find(id);
    return found == pages_.end() ? nullptr : found->second;
}

std::vector<StatusPageId> Rack::ids() const {
    const std::scoped_lock lock(mutex_);
    std::vector<StatusPageId> all;
    for (const auto& [id, page] : pages_) all.push_back(id);
    return all;
}

milliseconds Rack::oldest(TimePoint now) const {
    const std::scoped_lock lock(mutex_);
    milliseconds age{0};
    for (const auto& [id, page] : pages_) age = std::max(age, now - page->snapshot.made_at);
    return age;
}

PagePtr Rack::put(StatusPageId id, PagePtr page) {
    const std::scoped_lock lock(mutex_);
    auto before = std::exchange(pages_[id], std::move(page));
    if (pages_[id] == nullptr) pages_.erase(id);
    index();
    return before;
}

// Anew: pages may have taken each other's names.
void Rack::index() {
    by_slug_.clear();
    by_host_.clear();
    for (const auto& [id, page] : pages_) {
        by_slug_[page->slug] = page;
        if (!page->host.empty()) by_host_[page->host] = page;
    }
}

}  // namespace sonde::status_page
