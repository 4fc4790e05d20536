// Bytes from strangers, made fit to be stored and shown. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sonde::notifier {

// At most `max_bytes` of `bytes`, cut between characters, as valid UTF-8 that PostgreSQL takes: control characters (C0, DEL, C1)
// become spaces and whatever is not UTF-8 becomes U+FFFD.
std::string clean_text(std::string_view bytes, std::size_t max_bytes);

}  // namespace sonde::notifier
