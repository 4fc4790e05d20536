// Chance, from a seed: the same on every machine, unlike the distributions of the standard library.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/base/instant.h"
#include "lib/base/shard.h"

namespace sonde::simulation {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(stable_hash(seed)) {}

    std::uint64_t roll() { return stable_hash(state_ += 0x9E3779B97F4A7C15ULL); }
    // Both bounds count.
    std::int64_t between(std::int64_t from, std::int64_t to) {
        return from + static_cast<std::int64_t>(roll() % static_cast<std::uint64_t>(to - from + 1));
    }
    milliseconds between(milliseconds from, milliseconds to) { return milliseconds{between(from.count(), to.count())}; }
    TimePoint between(TimePoint from, TimePoint to) { return from + between(milliseconds{0}, to - from); }
    bool chance(double probability) { return static_cast<double>(roll() >> 11U) * 0x1.0p-53 < probability; }
    template <class T>
    const T& pick(const std::vector<T>& from) {
        return from[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(from.size()) - 1))];
    }

private:
    std::uint64_t state_;
};

}  // namespace sonde::simulation
