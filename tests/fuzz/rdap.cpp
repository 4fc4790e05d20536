// A registry's answer, and IANA's list of registries.
#include "lib/net/url.h"
#include "probe-agent/probe/domain/rdap.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(rdap) {
    const auto text = fuzz::text(data, size);
    if (const auto facts = agent::read_registration(text, "example.test")) {
        fuzz::require(facts->registered, "an answer is about a registration");
        fuzz::require(facts->statuses.size() <= 50 && facts->nameservers.size() <= 50 && facts->registrar.size() <= 512, "what is kept is bounded");
        static_cast<void>(json::dump(check::write(*facts, true)));
    }
    if (const auto servers = agent::RdapServers::parse(text)) {
        for (const auto* domain : {"example.test", "a.b.example.com", "test"}) {
            const auto url = servers->find(domain);
            fuzz::require(url.empty() || (url.ends_with('/') && net::parse_url(url).ok()), "a server is a base URL");
        }
    }
    static_cast<void>(agent::is_rdap_not_found("text/html", text));
    return 0;
}
