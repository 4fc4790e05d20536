// Where a subscriber is told, as he wrote it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/enum_name.h"

namespace sonde::status_page::subscribe {

enum class Kind : unsigned char { email, webhook };

// As it is told apart from others and sent to; nothing if it is none.
// E-mail: ASCII, an unquoted name (RFC 5322, dot-atom) at a domain of two labels at least; in small letters, since two of
// one mailbox are far likelier than two mailboxes, and a domain in its ASCII form.
// Webhooks: https, to a name, without a user in it.
std::optional<std::string> read_address(Kind kind, std::string_view text);

// For records that outlive the subscriber: `a***@example.org`, `https://h***`.
std::string masked(Kind kind, std::string_view address);

}  // namespace sonde::status_page::subscribe

template <>
struct sonde::EnumNames<sonde::status_page::subscribe::Kind> {
    static constexpr std::array<std::string_view, 2> names{"email", "webhook"};
};
