// An nginx with TLS and HTTP/2, for as long as the object lives.
#pragma once

#include <sys/types.h>

#include "tests/integration/agent/tls_server.h"
#include "tests/support/temp_dir.h"

namespace sonde::test {

// On a free port of 127.0.0.1. `/` is 5 bytes, `/large` more than 1 MiB, `/status.json` a document
// of 1,000 parts, packed for those who take gzip, `/moved` leads to `/`, everything else is 404.
class Nginx {
public:
    static bool is_there();

    explicit Nginx(const Certificate& certificate);
    ~Nginx();
    Nginx(const Nginx&) = delete;
    Nginx& operator=(const Nginx&) = delete;
    [[nodiscard]] int port() const { return port_; }

private:
    TempDir directory_;
    int port_ = 0;
    pid_t process_ = -1;
};

}  // namespace sonde::test
