// What was used lately, by a text; the least recently used goes first.
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace sonde::agent {

// Bounded by `capacity`, at least 1. A reference is good until the next `add`. Not thread-safe.
template <class Value>
class Recent {
public:
    explicit Recent(std::size_t capacity) : capacity_(capacity) {}

    // Null if it is not there.
    Value* find(std::string_view key) {
        const auto found = index_.find(key);
        if (found == index_.end()) return nullptr;
        entries_.splice(entries_.begin(), entries_, found->second);
        return &found->second->second;
    }
    // A key that is there already is replaced.
    Value& add(std::string key, Value value) {
        if (auto* there = find(key)) return *there = std::move(value);
        if (entries_.size() >= capacity_) {
            index_.erase(entries_.back().first);
            entries_.pop_back();
        }
        entries_.emplace_front(std::move(key), std::move(value));
        index_.emplace(entries_.front().first, entries_.begin());
        return entries_.front().second;
    }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    using Entries = std::list<std::pair<std::string, Value>>;
    std::size_t capacity_;
    Entries entries_;                                                           // most recently used first
    std::unordered_map<std::string_view, typename Entries::iterator> index_;  // views of the entries' own keys
};

}  // namespace sonde::agent
