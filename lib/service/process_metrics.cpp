#include "lib/service/process_metrics.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "lib/service/service.h"

namespace sonde::service {
namespace {

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_bytes() {
    double size = 0;
    double resident = 0;
    std::ifstream("/proc/self/statm") >> size >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::ptrdiff_t open_descriptors() {
    std::error_code none;
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd", none), {});
}

double seconds_since_epoch() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// When this code was loaded: near enough to the start of the process, and the same at each reading.
const double kStarted = seconds_since_epoch();

template <class Number>
std::string family(std::string_view name, std::string_view type, std::string_view help, Number value) {
    return fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, type, value);
}

}  // namespace

std::string process_metrics() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    return family("process_cpu_seconds_total", "counter", "User and system CPU time spent in seconds.", cpu_seconds()) +
           family("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", resident_bytes()) +
           family("process_open_fds", "gauge", "Number of open file descriptors.", open_descriptors()) +
           family("process_max_fds", "gauge", "Maximum number of open file descriptors.", limit.rlim_cur) +
           family("process_start_time_seconds", "gauge", "Start time of the process since the Unix epoch in seconds.", kStarted) +
           fmt::format(
               "# HELP sonde_build_info The version of this build.\n# TYPE sonde_build_info "
               "gauge\nsonde_build_info{{version=\"{}\"}} 1\n",
               version());
}

}  // namespace sonde::service
