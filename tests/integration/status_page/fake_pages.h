// Pages as a test sets them, with the promises of controlplane/status_page/pages.h.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "controlplane/status_page/bell.h"
#include "controlplane/status_page/pages.h"

namespace sonde::test {

class FakePages final : public status_page::Pages {
public:
    [[nodiscard]] std::shared_ptr<const status_page::Page> find(std::string_view slug) const override {
        const std::scoped_lock lock(mutex_);
        const auto found = pages_.find(slug);
        return found == pages_.end() ? nullptr : found->second;
    }
    [[nodiscard]] std::shared_ptr<const status_page::Page> find_host(std::string_view host) const override {
        const std::scoped_lock lock(mutex_);
        for (const auto& [slug, page] : pages_) {
            if (!host.empty() && page->host == host) return page;
        }
        return nullptr;
    }
    [[nodiscard]] std::unique_ptr<Subscription> subscribe(std::string slug, Callback callback) override { return bell_.subscribe(std::move(slug), std::move(callback)); }

    // Takes the place of the one of this slug, and says so.
    void put(status_page::Page page) {
        const auto slug = page.slug;
        {
            const std::scoped_lock lock(mutex_);
            page.version = std::to_string(++version_);
            pages_[slug] = std::make_shared<const status_page::Page>(std::move(page));
        }
        bell_.ring(slug);
    }
    void remove(const std::string& slug) {
        {
            const std::scoped_lock lock(mutex_);
            pages_.erase(slug);
        }
        bell_.ring(slug);
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const status_page::Page>, std::less<>> pages_;
    int version_ = 0;
    status_page::Bell bell_;
};

}  // namespace sonde::test
