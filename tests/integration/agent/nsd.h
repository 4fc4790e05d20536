// A real authoritative name server, NSD, with a zone of all the record types that can be asked for.
#pragma once

#include <sys/types.h>

#include <string>

#include "tests/support/temp_dir.h"

namespace sonde::test {

// Serves `example.test` and `2.0.192.in-addr.arpa` on a free port of 127.0.0.1, UDP and TCP. Throws std::runtime_error if it does not start.
class Nsd {
public:
    static bool is_there();
    Nsd();
    ~Nsd();
    Nsd(const Nsd&) = delete;
    Nsd& operator=(const Nsd&) = delete;

    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    TempDir directory_;
    int port_ = 0;
    pid_t process_ = -1;
};

}  // namespace sonde::test
