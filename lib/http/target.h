// The target of a request line, decoded strictly. Pure. RFC 9112 section 3.2, RFC 3986.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"

namespace sonde::http {

struct Target {
    std::string path;  // begins with a slash; has no `.` or `..` segment, no control characters, valid UTF-8
    std::vector<std::pair<std::string, std::string>> query;  // as application/x-www-form-urlencoded: `+` is a space
};

// Origin form and absolute form, whose authority is ignored. Refuses, with what is wrong: broken percent-encodings, bytes that
// had to be encoded, NUL and other control characters, invalid UTF-8, an encoded slash in the path, dot segments.
Result<Target> decode_target(std::string_view raw);

}  // namespace sonde::http
