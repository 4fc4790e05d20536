#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "controlplane/history/sketch.h"

namespace sketch_test {

using namespace sonde::history;

namespace {

constexpr double kShares[] = {0.01, 0.5, 0.9, 0.95, 0.99, 1.0};

double exact(std::vector<std::int64_t> values, double share) {
    std::sort(values.begin(), values.end());
    const auto rank = std::max<std::size_t>(static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()))), 1);
    return static_cast<double>(values[rank - 1]);
}

bool is_near(double found, double wanted) { return std::abs(found - wanted) <= Sketch::kRelativeError * wanted * (1 + 1e-9); }

// From a microsecond to half an hour, as often among small ones as among large ones.
std::vector<std::int64_t> latencies(const std::vector<std::pair<std::uint8_t, std::uint16_t>>& drawn) {
    std::vector<std::int64_t> values;
    for (const auto& [power, rest] : drawn) values.push_back((1LL << (power % 31)) + ((1LL << (power % 31)) * rest >> 16));
    return values;
}

}  // namespace

TEST_CASE("every percentile is within 1 % of the exact one, whatever the values") {
    const bool holds = rc::check([](const std::vector<std::pair<std::uint8_t, std::uint16_t>>& drawn) {
        const auto values = latencies(drawn);
        RC_PRE(!values.empty());
        Sketch sketch;
        for (const auto value : values) sketch.add(value);
        RC_ASSERT(sketch.count() == static_cast<std::int64_t>(values.size()));
        for (const auto share : kShares) RC_ASSERT(is_near(*sketch.quantile(share), exact(values, share)));
    });
    CHECK(holds);
}

TEST_CASE("however the values are divided and merged, the sketch is that of all of them") {
    const bool holds = rc::check([](const std::vector<std::pair<std::uint8_t, std::uint16_t>>& drawn, std::uint8_t parts) {
        const auto values = latencies(drawn);
        std::vector<Sketch> some(parts % 7 + 1);
        Sketch whole, merged;
        for (std::size_t i = 0; i < values.size(); ++i) {
            whole.add(values[i]);
            some[i * 31 % some.size()].add(values[i]);
        }
        for (auto part = some.rbegin(); part != some.rend(); ++part) merged.add(*part);
        RC_ASSERT(merged.count() == whole.count());
        for (const auto share : kShares) RC_ASSERT(merged.quantile(share) == whole.quantile(share));
    });
    CHECK(holds);
}

TEST_CASE("a sketch of nothing has no percentile, and stored entries are buckets with counts") {
    Sketch sketch;
    CHECK_FALSE(sketch.quantile(0.5));
    sketch.add_stored({(std::int64_t{Sketch::bucket_of(1'000)} << 20) + 3, (std::int64_t{Sketch::bucket_of(50'000)} << 20) + 1});
    CHECK(sketch.count() == 4);
    CHECK(is_near(*sketch.quantile(0.75), 1'000));
    CHECK(is_near(*sketch.quantile(0.76), 50'000));
}

TEST_CASE("buckets fit into eleven bits, up to the longest time that a result can have") {
    CHECK(Sketch::bucket_of(0) == 0);
    CHECK(Sketch::bucket_of(1) == 0);
    CHECK(Sketch::bucket_of(INT32_MAX) < 2048);
}

}  // namespace sketch_test
