// What a domain monitor asks of a registration.
#pragma once

#include <string>
#include <vector>

#include "lib/check/endpoint.h"
#include "lib/json/reader.h"

namespace sonde::check {

struct DomainSpec {
    std::string domain;       // as it is registered, at least two labels; lower case, `xn--…`
    std::string rdap_server;  // base URL, http or https, ending in `/`; empty: the one IANA names for the domain
    int warn_days = 30;       // 0 to 3650; no more left is degraded
    int critical_days = 7;    // 0 to warn_days; no more left is down
    std::string registrar;    // is contained in the registrar's name, whatever the case; empty: any
    std::vector<std::string> nameservers;  // all there are, at most 20, in any order; empty: any
    // At most 20, of which the domain must have none; as EPP or RDAP writes them, `clientHold` or `client hold`.
    std::vector<std::string> bad_statuses = {"client hold", "server hold", "inactive", "redemption period", "pending delete"};
};

// `clientHold`, `Client Hold` and `client hold` are the same.
std::string plain_status(std::string_view status);

// As `read_spec`, `write_spec` and `endpoint_of`; the endpoint is the domain, since whom it leads to is not known before.
void read(DomainSpec& spec, json::Reader& in, json::Problems& problems);
Json write(const DomainSpec& spec);
Endpoint endpoint(const DomainSpec& spec);

}  // namespace sonde::check
