// Which headers of an answer carry what lets its bearer in.
#pragma once

#include <string_view>

namespace sonde::check {

// Whether the values of such a header are kept from people: cookies, credentials, keys, tokens. By its name, in whatever case:
// `Set-Cookie`, `Proxy-Authorization`, `X-Api-Key`, `X-Amz-Security-Token`. A challenge (`WWW-Authenticate`) is none.
bool is_secret_header(std::string_view name);

}  // namespace sonde::check
