// What this process has used of the processors.
#pragma once

#include <sys/resource.h>

namespace sonde::bench {

// Since its start, all threads, in user and kernel mode. Microseconds.
inline double cpu_us() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto us = [](const timeval& time) { return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec); };
    return us(usage.ru_utime) + us(usage.ru_stime);
}

}  // namespace sonde::bench
