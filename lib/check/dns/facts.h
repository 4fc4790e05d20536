// What a DNS check saw of the answer.
#pragma once

#include <string>
#include <vector>

#include "lib/check/dns/record.h"
#include "lib/json/json.h"

namespace sonde::check {

// Of the answer that counted: the one over TCP, if that over UDP was cut off.
struct DnsFacts {
    static constexpr const char* name = "dns";

    std::string question;  // the name asked for
    std::string server;    // that answered, `192.0.2.53:53`
    bool tcp = false;      // it came over TCP
    int rcode = 0;
    bool aa = false;  // authoritative
    bool tc = false;  // cut off
    bool rd = false;  // recursion was desired
    bool ra = false;  // and is available
    bool ad = false;  // the server vouches for it by DNSSEC
    std::vector<DnsRecord> records;  // of the answer section, in the order received; at most 500
    int authority_records = 0;       // in the sections after it, as the head has it
    int additional_records = 0;      // likewise
    std::string malformed;           // what is wrong with the answer, for people; empty if it is sound
};

// Full: with up to 100 records. Brief: with 10.
Json write(const DnsFacts& facts, bool full);

}  // namespace sonde::check
