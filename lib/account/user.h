// People: what is set of them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/account/user_id.h"
#include "lib/base/instant.h"

namespace sonde::account {

struct UserDraft {
    std::string name;
    std::string email;  // empty: none
    std::string role = "viewer";
    bool disabled = false;
    std::vector<ChannelId> channels = {};  // to be reached by, in order
    friend bool operator==(const UserDraft&, const UserDraft&) = default;
};

struct User {
    UserId id;
    UserDraft draft;
    bool has_password = false;
    bool has_second_factor = false;  // codes are asked for
    std::optional<TimePoint> last_login_at;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

// 1 to 64 of `A-Z a-z 0-9 . _ -`, the first a letter or digit: what stands in timelines is read as it is meant, and is no e-mail address.
bool is_user_name(std::string_view text);
inline constexpr std::string_view kUserNameRule = "must be 1 to 64 letters, digits, dots, hyphens and underscores, and begin with a letter or digit";

// At most 254 bytes with one @ inside, without white space and control characters. Whether mail arrives there is another matter.
bool is_email(std::string_view text);

}  // namespace sonde::account
