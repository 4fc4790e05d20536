// What a registry says of a domain.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/instant.h"
#include "lib/json/json.h"

namespace sonde::check {

struct DomainFacts {
    static constexpr const char* name = "domain";

    std::string source;        // the URL that was asked
    bool registered = false;   // false: the registry knows no such domain
    std::optional<TimePoint> expires;
    std::optional<TimePoint> registered_at;
    std::optional<TimePoint> changed_at;
    std::string registrar;
    std::vector<std::string> statuses;     // as RDAP writes them: `client hold`
    std::vector<std::string> nameservers;  // lower case, without a dot at the end
    std::optional<bool> is_signed;         // whether the delegation is, by DNSSEC
};

Json write(const DomainFacts& facts, bool full);

}  // namespace sonde::check
