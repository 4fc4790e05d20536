// What a banner check saw.
#pragma once

#include <string>
#include <vector>

#include "lib/json/json.h"

namespace sonde::check {

struct BannerFacts {
    static constexpr const char* name = "banner";

    std::vector<std::string> lines;  // of the greeting, without line ends; of SSH the identification alone
    std::vector<std::string> before; // of SSH: the lines before it, which it allows
    std::string fault;               // in which way it is not the greeting of its protocol; empty if it is
    int code = 0;                    // of SMTP and FTP; 0 elsewhere
    std::string software;            // as the server names itself, where its protocol has a place for that; may be empty
    std::string protocol_version;    // of SSH: `2.0`
    bool ended = false;              // the other side closed the connection before the greeting was whole
    bool goodbye = false;            // it answered ours
};

Json write(const BannerFacts& facts, bool full);

}  // namespace sonde::check
