// A c-ares channel on the loop: its sockets and its timer.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/net/guard.h"
#include "lib/uv/loop.h"
#include "lib/uv/poll.h"

struct ares_channeldata;

namespace sonde::agent {

// Loop thread only. Destroying it ends every open query with ARES_EDESTRUCTION; never from inside a callback of c-ares.
struct AresChannel {
    struct Options {
        int flags = 0;                     // ARES_FLAG_…
        milliseconds timeout{2000};        // of the first try; c-ares doubles it
        int tries = 3;
        std::vector<std::string> servers;  // `192.0.2.53` or `192.0.2.53:5353`; empty: those of /etc/resolv.conf
    };

    // Throws std::runtime_error if a server is none, or c-ares cannot begin.
    AresChannel(uv::Loop& on, const Options& options);
    ~AresChannel();
    AresChannel(const AresChannel&) = delete;
    AresChannel& operator=(const AresChannel&) = delete;

    // To be called after whatever may have begun or ended a query, never from inside c-ares.
    void arm();

    [[nodiscard]] std::vector<std::string> servers() const;  // `192.0.2.53:53`, as configured or found

    ares_channeldata* ares = nullptr;
    int open = 0;  // queries that use it; kept by whoever asks

private:
    static void socket_changed(void* self, int fd, int readable, int writable);

    uv::Loop& loop_;
    std::unordered_map<int, std::unique_ptr<uv::Poll>> polls_;
    uv::Timer timer_;
    MonotonicPoint due_{};
    bool armed_ = false;
    char lookups_[2] = "b";
};

}  // namespace sonde::agent
