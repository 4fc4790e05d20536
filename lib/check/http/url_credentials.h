// What a target issues to whoever comes by, in the URLs it sends him on to. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sonde::check {

// Whether the value of a parameter of this name lets its bearer in: `token`, `code`, `sig`, `api_key`, `accessToken`, `X-Amz-Signature`,
// `jsessionid`. In whatever case; not yet decoded.
bool is_credential_parameter(std::string_view name);

// `text`, a URL, a reference as in `Location`, or prose with such in it, with `***` in place of
//   - userinfo, whatever it is;
//   - the values of credential parameters, in query, fragment and path (`;jsessionid=…`);
//   - the values of other parameters that, decoded, have something of this kind in them, as `?next=https%3A%2F%2Fa%2F%3Ftoken%3Db`.
// Everything else stays as it is. What was cut off before is hidden as far as it is there, but for userinfo without its `@`: hide, then cut.
std::string without_credentials(std::string_view text);

}  // namespace sonde::check
