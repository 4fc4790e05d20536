// How latencies are spread, in a few dozen numbers that can be added: percentiles of any time and any regions come from the sums.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace sonde::history {

// Counts by buckets of 2 %: bucket b has what is above 1.0202^(b-1) µs and up to 1.0202^b µs. A percentile is within 1 % of the value that has
// its rank among all that were counted, whatever was added to what. The database makes sketches (migration `history`: latency_bucket).
class Sketch {
public:
    static constexpr double kRelativeError = 0.01;

    static int bucket_of(std::int64_t us);
    static double middle_of(int bucket);  // in µs

    void add(std::int64_t us) { add_bucket(bucket_of(us), 1); }
    // Entries as they are stored: bucket · 2^20 + count.
    void add_stored(const std::vector<std::int64_t>& entries);
    void add(const Sketch& other);

    [[nodiscard]] std::int64_t count() const { return count_; }
    // The value of rank ⌈share · count⌉ from the smallest, in µs; nothing if nothing was counted. `share` in (0, 1].
    [[nodiscard]] std::optional<double> quantile(double share) const;

private:
    void add_bucket(int bucket, std::int64_t count);

    std::map<int, std::int64_t> buckets_;
    std::int64_t count_ = 0;
};

}  // namespace sonde::history
