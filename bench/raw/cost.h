// What a raw loop cost its own process.
#pragma once

namespace sonde::bench {

struct Cost {
    long count = 0;          // jobs or rows
    double client_us = 0;    // of this process's processor time for each
    double per_second = 0;
    int server = 0;          // the process of the server that served it alone; 0 if it serves everybody
};

}  // namespace sonde::bench
