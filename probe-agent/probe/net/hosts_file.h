// /etc/hosts, read when it changes.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/instant.h"
#include "lib/net/guard.h"

namespace sonde::agent {

// Names are compared without regard to case or a trailing dot. `localhost` and names below it are always known (RFC 6761).
class HostsFile {
public:
    explicit HostsFile(std::string path = "/etc/hosts");

    // Empty if the file does not name it. Looks at the file's times once a second at most. Not thread-safe.
    const std::vector<net::Address>& find(std::string_view host, MonotonicPoint now);

private:
    void read();

    std::string path_;
    MonotonicPoint looked_{};
    struct timespec changed_ {};
    std::unordered_map<std::string, std::vector<net::Address>> names_;
};

// The lines of a hosts file: an address and the names it has; `#` begins a comment; lines that are neither are skipped.
std::unordered_map<std::string, std::vector<net::Address>> parse_hosts(std::string_view text);

}  // namespace sonde::agent
