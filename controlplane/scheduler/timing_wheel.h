// A hierarchical timing wheel: which of many handles fall due, in constant time for each.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <optional>
#include <vector>

#include "lib/base/instant.h"

namespace sonde::scheduler {

// Eight levels of 64 buckets, a millisecond each at the lowest: a handle lies at the level of the highest digit (to base 64) in
// which its time differs from the wheel's, and moves down as the wheel reaches its bucket. Empty buckets are skipped by bit
// masks, so that a long standstill costs nothing. Handles are small numbers given by the owner: 24 bytes of memory for each up
// to the greatest ever inserted. Not thread-safe.
class TimingWheel {
public:
    using Handle = std::uint32_t;

    // Instants are from the Unix epoch to the year 10000.
    explicit TimingWheel(TimePoint start) : elapsed_(to_unix_ms(start)) { buckets_.fill({kNone, kNone}); }

    // `handle` must not be in the wheel. A time that has come already falls due with the next `advance`.
    void insert(Handle handle, TimePoint at) {
        if (handle >= nodes_.size()) nodes_.resize(handle + std::size_t{1});
        assert(nodes_[handle].bucket == kAbsent);
        nodes_[handle].at = to_unix_ms(at);
        place(handle);
        ++size_;
    }

    // Does nothing if it is not in the wheel.
    void remove(Handle handle) {
        if (!contains(handle)) return;
        unlink(handle);
        --size_;
    }

    [[nodiscard]] bool contains(Handle handle) const { return handle < nodes_.size() && nodes_[handle].bucket != kAbsent; }
    [[nodiscard]] std::size_t size() const { return size_; }

    // Takes out all that are due at `now` and appends them to `due`: first those that were late when inserted, then the others
    // in order of time. Does nothing but the former if `now` is before an earlier one.
    void advance(TimePoint now, std::vector<Handle>& due) {
        drain(kOverdue, due);
        const auto target = to_unix_ms(now);
        while (const auto next = next_bucket()) {
            if (next->start > target) break;
            elapsed_ = next->start;
            drain(next->bucket, due);
        }
        if (target > elapsed_) elapsed_ = target;
    }

    // Nothing falls due before this; nothing if the wheel is empty.
    [[nodiscard]] std::optional<TimePoint> next() const {
        if (buckets_[kOverdue].head != kNone) return from_unix_ms(elapsed_);
        if (const auto bucket = next_bucket()) return from_unix_ms(bucket->start);
        return std::nullopt;
    }

private:
    static constexpr int kDigit = 6;  // bits
    static constexpr std::size_t kWidth = std::size_t{1} << kDigit;
    static constexpr std::size_t kLevels = 8;
    static constexpr std::size_t kOverdue = kLevels * kWidth;
    static constexpr std::uint16_t kAbsent = 0xffff;
    static constexpr Handle kNone = 0xffffffff;

    struct Node {
        std::int64_t at = 0;
        Handle previous = kNone;
        Handle next = kNone;
        std::uint16_t bucket = kAbsent;
    };
    struct Bucket {
        Handle head;
        Handle tail;
    };
    struct Next {
        std::size_t bucket;
        std::int64_t start;
    };

    static std::size_t digit(std::int64_t time, std::size_t level) {
        return (static_cast<std::uint64_t>(time) >> (level * kDigit)) % kWidth;
    }

    void place(Handle handle) {
        auto& node = nodes_[handle];
        std::size_t bucket = kOverdue;
        if (node.at > elapsed_) {
            const auto differing = static_cast<std::uint64_t>(node.at ^ elapsed_);
            const auto level = static_cast<std::size_t>(std::bit_width(differing) - 1) / kDigit;
            assert(level < kLevels);
            bucket = level * kWidth + digit(node.at, level);
            occupied_[level] |= std::uint64_t{1} << digit(node.at, level);
        }
        node.bucket = static_cast<std::uint16_t>(bucket);
        node.next = kNone;
        node.previous = buckets_[bucket].tail;
        (node.previous == kNone ? buckets_[bucket].head : nodes_[node.previous].next) = handle;
        buckets_[bucket].tail = handle;
    }

    void unlink(Handle handle) {
        auto& node = nodes_[handle];
        auto& bucket = buckets_[node.bucket];
        (node.previous == kNone ? bucket.head : nodes_[node.previous].next) = node.next;
        (node.next == kNone ? bucket.tail : nodes_[node.next].previous) = node.previous;
        if (bucket.head == kNone) mark_empty(node.bucket);
        node.bucket = kAbsent;
    }

    void mark_empty(std::size_t bucket) {
        if (bucket != kOverdue) occupied_[bucket / kWidth] &= ~(std::uint64_t{1} << (bucket % kWidth));
    }

    // Empties a bucket whose start has come: what is due goes out, the rest to lower levels.
    void drain(std::size_t bucket, std::vector<Handle>& due) {
        auto handle = buckets_[bucket].head;
        buckets_[bucket] = {kNone, kNone};
        mark_empty(bucket);
        while (handle != kNone) {
            const auto following = nodes_[handle].next;
            if (nodes_[handle].at <= elapsed_) {
                nodes_[handle].bucket = kAbsent;
                due.push_back(handle);
                --size_;
            } else {
                place(handle);
            }
            handle = following;
        }
    }

    // The bucket that is reached first. Whatever lies at a level comes before everything at the levels above it.
    [[nodiscard]] std::optional<Next> next_bucket() const {
        for (std::size_t level = 0; level < kLevels; ++level) {
            if (occupied_[level] == 0) continue;
            const auto position = static_cast<std::size_t>(std::countr_zero(occupied_[level]));
            const auto span = std::uint64_t{1} << ((level + 1) * kDigit);
            const auto base = static_cast<std::uint64_t>(elapsed_) & ~(span - 1);
            return Next{level * kWidth + position, static_cast<std::int64_t>(base | (std::uint64_t{position} << (level * kDigit)))};
        }
        return std::nullopt;
    }

    std::int64_t elapsed_;
    std::size_t size_ = 0;
    std::vector<Node> nodes_;
    std::array<Bucket, kLevels * kWidth + 1> buckets_{};
    std::array<std::uint64_t, kLevels> occupied_{};
};

}  // namespace sonde::scheduler
