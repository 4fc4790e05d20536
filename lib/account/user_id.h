// The identifiers of people and their sessions.
#pragma once

#include "lib/base/id.h"

namespace sonde {

namespace id_tag {
struct User { static constexpr std::string_view prefix = "usr"; };
struct Session { static constexpr std::string_view prefix = "ses"; };
}  // namespace id_tag

using UserId = Id<id_tag::User>;
using SessionId = Id<id_tag::Session>;  // names a session; what opens it is in the cookie alone

}  // namespace sonde
