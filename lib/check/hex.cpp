#include "lib/check/hex.h"

namespace sonde::check {
namespace {

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::optional<std::string> from_hex(std::string_view digits) {
    std::string bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        while (i < digits.size() && digits[i] == ' ') ++i;
        if (i == digits.size()) break;
        const int high = digit(digits[i]);
        const int low = i + 1 < digits.size() ? digit(digits[i + 1]) : -1;
        if (high < 0 || low < 0) return std::nullopt;
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

}  // namespace sonde::check
