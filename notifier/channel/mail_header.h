// Header fields of a message (RFC 5322), in which whatever anybody wrote is text and nothing else: it is encoded (RFC 2047) before it can be anything. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/instant.h"

namespace sonde::notifier::mail_header {

// `Fri, 27 Nov 2026 01:54:13 +0000`.
std::string date(TimePoint at);

// A field's value of any text; longer than a line may be, it is folded. Control characters become spaces.
std::string text(std::string_view any);

// `Ops team <ops@example.org>`; `name` is any text, or none.
std::string mailbox(std::string_view name, std::string_view address);

// One a line.
std::string addresses(const std::vector<std::string>& all);

}  // namespace sonde::notifier::mail_header
