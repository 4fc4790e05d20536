// Runs one load and prints what it cost, as JSON. bench/probe compares several in one go.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "bench/checks/probes.h"
#include "bench/checks/raw.h"

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

double cpu_us() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto us = [](const timeval& time) { return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec); };
    return us(usage.ru_utime) + us(usage.ru_stime);
}

double resident_mib() {
    std::ifstream statm("/proc/self/statm");
    long size = 0, resident = 0;
    statm >> size >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

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
        std::printf(R"({"mode": "%s", "checks": %ld, "good": %ld, "cpu_us_per_check": %.1f, "checks_per_s": %.0f, "rss_mib": {"start": %.1f, "peak": %.1f, "end": %.1f}})"
                    "\n",
                    arguments_.mode.c_str(), arguments_.count, good_, cpu_ / measured, measured / seconds, rss_start_, peak_, resident_mib());
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
            cpu_ = -cpu_us();
            rss_start_ = resident_mib();
        } else if (done_ > arguments_.warm_up) {
            good_ += good ? 1 : 0;
        }
        if (done_ == all) {
            ended_ = std::chrono::steady_clock::now();
            cpu_ += cpu_us();
            peak_ = std::max(peak_, resident_mib());
            return loop_.stop();
        }
        if (started_ < all + arguments_.in_flight) next();
    }

    uv::Loop& loop_;
    bench::Load& load_;
    const Arguments& arguments_;
    uv::Timer tick_;
    long started_ = 0, done_ = 0, good_ = 0;
    double cpu_ = 0, rss_start_ = 0, peak_ = 0;
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
