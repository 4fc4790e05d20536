// What RDAP servers say (RFC 9083), and which of them to ask (RFC 9224). Pure.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/result.h"
#include "lib/check/domain/facts.h"

namespace sonde::agent {

// IANA's list of the servers for domains, made ready to be asked.
class RdapServers {
public:
    static constexpr std::size_t kMaxBytes = 512 * 1024;  // of the list; parsing it must not hold up the loop
    static constexpr std::size_t kMaxEntries = 10'000;

    // Error: in words that may follow the name of the list: `is not valid JSON near byte 2`.
    static Result<RdapServers> parse(std::string_view text);

    // The base URL, ending in `/`, of the longest entry that `domain` (lower case) ends in, label by label. Empty if there is none.
    [[nodiscard]] std::string find(std::string_view domain) const;

private:
    std::unordered_map<std::string, std::string> by_suffix_;
};

inline constexpr std::size_t kMaxRdapBytes = 256 * 1024;

// An answer of 200 about `domain`. Error: why it is no answer about it, in words that may follow `the answer`.
Result<check::DomainFacts> read_registration(std::string_view text, std::string_view domain);

// Whether an answer of 404 is RDAP's own, and not that of a server that is not set up: it says so in JSON (RFC 9083, section 6), or by its
// media type.
bool is_rdap_not_found(std::string_view content_type, std::string_view text);

}  // namespace sonde::agent
