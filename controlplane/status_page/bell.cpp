#include "controlplane/status_page/bell.h"

#include <utility>

namespace sonde::status_page {

class Bell::Rope final : public Pages::Subscription {
public:
    Rope(std::shared_ptr<Ropes> ropes, std::string slug, Pages::Callback callback) : ropes_(std::move(ropes)), callback_(std::move(callback)) {
        const std::scoped_lock lock(ropes_->mutex);
        place_ = ropes_->all.emplace(std::move(slug), &callback_);
    }
    ~Rope() override {
        const std::scoped_lock lock(ropes_->mutex);
        ropes_->all.erase(place_);
    }
    Rope(const Rope&) = delete;
    Rope& operator=(const Rope&) = delete;

private:
    const std::shared_ptr<Ropes> ropes_;
    const Pages::Callback callback_;
    std::multimap<std::string, const Pages::Callback*>::iterator place_;
};

std::unique_ptr<Pages::Subscription> Bell::subscribe(std::string slug, Pages::Callback callback) {
    return std::make_unique<Rope>(ropes_, std::move(slug), std::move(callback));
}

void Bell::ring(const std::string& slug) {
    const std::scoped_lock lock(ropes_->mutex);
    const auto [first, last] = ropes_->all.equal_range(slug);
    for (auto rope = first; rope != last; ++rope) (*rope->second)();
}

}  // namespace sonde::status_page
