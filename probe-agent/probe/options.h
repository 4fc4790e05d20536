// What all checks of an agent are made with.
#pragma once

#include <string>

namespace sonde::agent {

struct ProbeOptions {
    std::string user_agent;
    std::string ca_file;  // certificate authorities; empty: the system's
};

}  // namespace sonde::agent
