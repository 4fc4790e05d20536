// Runs one load and prints what it cost, as JSON. bench/probe compares several in one go.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <malloc.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <stdexcept>

#include "bench/checks/probes.h"
#include "bench/checks/raw.h"
#include "bench/cpu.h"

namespace {

using namespace sonde;

struct Arguments {
    std::string mode = "probe";
    std::string kind = "http";
    std::vector<std::string> specs;
    std::string ca_file;
    long count = 20'000;
    long warm_up = 1'000;
    int in_flight = 64;
    long timeout_ms = 10'000;
};

double resident_mib() {
    std::ifstream statm("/proc/self/statm");
    long size = 0, resident = 0;
    statm >> size >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double heap_mib() {
    const auto heap = ::mallinfo2();
    return static_cast<double>(heap.uordblks + heap.hblkhd) / (1 << 20);
}

// What the process takes after so many checks: pages that are resident, and what of the heap is in use.
struct Reading {
    int percent = 0;
    long checks = 0;
    double resident_mib = 0;
    double heap_mib = 0;
};

// Of the checks that are measured.
constexpr std::array kReadAt{10, 25, 50, 100};

// Keeps so many under way until `count` have ended.
class Drive {
public:
    Drive(uv::Loop& loop, bench::Load& load, const Arguments& arguments) : loop_(loop), load_(load), arguments_(arguments), tick_(loop) {}

    void run() {
        tick_.every(milliseconds{1000}, [this] { peak_ = std::max(peak_, resident_mib()); });
        for (int i = 0; i < arguments_.in_flight; ++i) next();
        loop_.run();
    }

    void print() const {
        const auto measured = static_cast<double>(arguments_.count);
        const auto seconds = std::chrono::duration<double>(ended_ - began_).count();
        std::printf(R"({"mode": "%s", "checks": %ld, "good": %ld, "cpu_us_per_check": %.1f, "checks_per_s": %.0f, "peak_mib": %.1f, "readings": [)",
                    arguments_.mode.c_str(), arguments_.count, good_, cpu_ / measured, measured / seconds, peak_);
        const char* comma = "";
        for (const auto& reading : readings_) {
            std::printf(R"(%s{"percent": %d, "checks": %ld, "resident_mib": %.2f, "heap_mib": %.3f})", std::exchange(comma, ", "), reading.percent,
                        reading.checks, reading.resident_mib, reading.heap_mib);
        }
        std::printf("]}\n");
    }

private:
    void next() {
        ++started_;
        load_.start([this](bool good) { ended(good); });
    }

    void ended(bool good) {
        const auto all = arguments_.warm_up + arguments_.count;
        if (++done_ > all) return;  // of the turn in which the last one ended
        if (done_ == arguments_.warm_up) {
            began_ = std::chrono::steady_clock::now();
            cpu_ = -bench::cpu_us();
            read(0);
        } else if (done_ > arguments_.warm_up) {
            good_ += good ? 1 : 0;
            for (const auto percent : kReadAt) {
                if (done_ - arguments_.warm_up == arguments_.count * percent / 100) read(percent);
            }
        }
        if (done_ == all) {
            ended_ = std::chrono::steady_clock::now();
            cpu_ += bench::cpu_us();
            peak_ = std::max(peak_, resident_mib());
            return loop_.stop();
        }
        if (started_ < all + arguments_.in_flight) next();
    }

    void read(int percent) { readings_.push_back({percent, done_ - arguments_.warm_up, resident_mib(), heap_mib()}); }

    uv::Loop& loop_;
    bench::Load& load_;
    const Arguments& arguments_;
    uv::Timer tick_;
    long started_ = 0, done_ = 0, good_ = 0;
    double cpu_ = 0, peak_ = 0;
    std::vector<Reading> readings_;
    MonotonicPoint began_{}, ended_{};
};

int run(const Arguments& arguments) {
    std::signal(SIGPIPE, SIG_IGN);
    uv::Loop loop;
    std::unique_ptr<bench::Load> load;
    if (arguments.mode == "raw") {
        load = std::make_unique<bench::RawLoad>(loop, arguments.specs, arguments.ca_file);
    } else {
        const auto kind = from_name<check::Kind>(arguments.kind);
        if (!kind) throw std::runtime_error("there is no kind " + arguments.kind);
        load = std::make_unique<bench::ProbeLoad>(loop, *kind, arguments.specs, arguments.ca_file, milliseconds{arguments.timeout_ms});
    }
    {
        Drive drive(loop, *load, arguments);
        drive.run();
        drive.print();
        load.reset();
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Runs checks in a loop and prints what they cost."};
    Arguments arguments;
    app.add_option("--mode", arguments.mode, "probe: as the agent makes them; raw: by libcurl alone, the arguments are URLs")->check(CLI::IsMember({"probe", "raw"}));
    app.add_option("--kind", arguments.kind, "of the checks, in mode probe");
    app.add_option("--count", arguments.count, "checks that are measured")->check(CLI::Range(1L, 100'000'000L));
    app.add_option("--warm-up", arguments.warm_up, "checks before that")->check(CLI::Range(1L, 1'000'000L));
    app.add_option("--in-flight", arguments.in_flight, "checks under way at once")->check(CLI::Range(1, 50'000));
    app.add_option("--timeout-ms", arguments.timeout_ms, "of a check");
    app.add_option("--ca-file", arguments.ca_file, "certificate authorities");
    app.add_option("specs", arguments.specs, "what is asked in turn: specs as JSON, or URLs")->required();
    CLI11_PARSE(app, argc, argv);
    try {
        return run(arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench-checks: %s\n", error.what());
        return 1;
    }
}
