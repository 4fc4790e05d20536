// Sends pings to a control plane and prints what came of them, as JSON. bench/pings starts one and measures what it costs.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "bench/pinger/load.h"

namespace {

double percentile_ms(const std::vector<std::uint32_t>& sorted, double part) {
    if (sorted.empty()) return 0;
    return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))] / 1000.0;
}

}  // namespace

int main(int argc, char** argv) {
    sonde::bench::PingLoad load;
    std::string paths;
    CLI::App app{"Sends pings over connections that stay open."};
    app.add_option("--port", load.port)->required();
    app.add_option("--paths", paths, "a file with one path a line")->required();
    app.add_option("--count", load.count)->required();
    app.add_option("--connections", load.connections)->check(CLI::Range(1, 10'000))->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    std::ifstream file(paths);
    for (std::string line; std::getline(file, line);) load.paths.push_back(line);
    if (load.paths.empty()) {
        std::fprintf(stderr, "%s names no path\n", paths.c_str());
        return 2;
    }
    try {
        auto report = sonde::bench::run(load);
        auto& latencies = report.latencies_us;
        std::sort(latencies.begin(), latencies.end());
        const auto seconds = std::chrono::duration<double>(report.took).count();
        std::printf(R"({"answered": %lld, "refused": %lld, "lost": %lld, "seconds": %.3f, "per_s": %.0f, "latency_ms": {"p50": %.2f, "p99": %.2f, "max": %.2f}})"
                    "\n",
                    static_cast<long long>(report.answered), static_cast<long long>(report.refused), static_cast<long long>(report.lost), seconds,
                    static_cast<double>(report.answered) / seconds, percentile_ms(latencies, 0.5), percentile_ms(latencies, 0.99), percentile_ms(latencies, 1));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
