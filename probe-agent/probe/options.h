// What all checks of an agent are made with.
#pragma once

#include <string>

namespace sonde::agent {

struct ProbeOptions {
    std::string user_agent;
    std::string ca_file;  // certificate authorities; empty: the system's
    std::string rdap_bootstrap = "https://data.iana.org/rdap/dns.json";  // the list of RDAP servers for domains (RFC 9224)
};

}  // namespace sonde::agent
