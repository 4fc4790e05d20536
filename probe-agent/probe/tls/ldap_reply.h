// The one LDAP request that Sonde makes, and its answer (RFC 4511, sections 4.12 and 4.14). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sonde::agent {

std::string ldap_starttls_request();

struct LdapReply {
    enum class State : unsigned char { incomplete, malformed, complete };
    State state = State::malformed;
    int result_code = 0;    // 0 is success
    std::size_t bytes = 0;  // of the whole message
};

// An ExtendedResponse to it, at the beginning of `bytes`.
LdapReply read_ldap_starttls_reply(std::string_view bytes);

}  // namespace sonde::agent
