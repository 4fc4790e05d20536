// A value that is nearly always empty, kept apart: 8 bytes as long as it is.
#pragma once

#include <memory>
#include <utility>

namespace sonde::decision {

// `T{}` and whatever else is `empty()` are the same.
template <class T>
class Boxed {
public:
    Boxed() = default;
    Boxed(const Boxed& other) : held_(other.held_ ? std::make_unique<T>(*other.held_) : nullptr) {}
    Boxed(Boxed&&) noexcept = default;
    Boxed& operator=(const Boxed& other) {
        held_ = other.held_ ? std::make_unique<T>(*other.held_) : nullptr;
        return *this;
    }
    Boxed& operator=(Boxed&&) noexcept = default;
    Boxed& operator=(T value) {
        held_ = value.empty() ? nullptr : std::make_unique<T>(std::move(value));
        return *this;
    }
    ~Boxed() = default;

    [[nodiscard]] const T& operator*() const {
        static const T nothing{};
        return held_ ? *held_ : nothing;
    }
    [[nodiscard]] const T* operator->() const { return &**this; }
    [[nodiscard]] bool empty() const { return !held_ || held_->empty(); }

    // To be changed, and tidied afterwards.
    [[nodiscard]] T& edit() {
        if (!held_) held_ = std::make_unique<T>();
        return *held_;
    }
    void tidy() {
        if (held_ && held_->empty()) held_.reset();
    }

    friend bool operator==(const Boxed& a, const Boxed& b) { return *a == *b; }

private:
    std::unique_ptr<T> held_;
};

}  // namespace sonde::decision
