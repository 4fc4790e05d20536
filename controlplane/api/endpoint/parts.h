// Long lists in parts, so that no statement takes as long as the database lets one take.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace sonde::controlplane {

// Calls `work` with a vector of the next `size` at most, one after the other.
template <class Value, class Work>
void in_parts(const std::vector<Value>& all, std::size_t size, Work work) {
    for (std::size_t begin = 0; begin < all.size(); begin += size) {
        const auto end = std::min(begin + size, all.size());
        work(std::vector<Value>(all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end)));
    }
}

}  // namespace sonde::controlplane
