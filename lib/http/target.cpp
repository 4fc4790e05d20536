#include "lib/http/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace sonde::http {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The Unicode table 3-7 of well-formed sequences: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        std::size_t length = 1;
        std::uint32_t point = lead;
        if (lead >= 0xF0 && lead <= 0xF4) {
            length = 4;
            point = lead & 0x07U;
        } else if (lead >= 0xE0 && lead < 0xF0) {
            length = 3;
            point = lead & 0x0FU;
        } else if (lead >= 0xC2 && lead < 0xE0) {
            length = 2;
            point = lead & 0x1FU;
        } else if (lead >= 0x80) {
            return false;
        }
        if (i + length > text.size()) return false;
        for (std::size_t k = 1; k < length; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xC0U) != 0x80U) return false;
            point = (point << 6U) | (next & 0x3FU);
        }
        if (length == 3 && (point < 0x800 || (point >= 0xD800 && point <= 0xDFFF))) return false;
        if (length == 4 && (point < 0x10000 || point > 0x10FFFF)) return false;
        i += length;
    }
    return true;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Percent-decoded text, or what is wrong with it.
Result<std::string> decode(std::string_view raw, bool form) {
    std::string text;
    text.reserve(raw.size());
    for (std::size_t i = 0; i < raw.size(); ++i) {
        char c = raw[i];
        if (c == '%') {
            const int high = i + 2 < raw.size() ? hex_digit(raw[i + 1]) : -1;
            const int low = i + 2 < raw.size() ? hex_digit(raw[i + 2]) : -1;
            if (high < 0 || low < 0) return Error{"has a broken percent-encoding"};
            c = static_cast<char>(high * 16 + low);
            i += 2;
            if (!form && c == '/') return Error{"has an encoded slash in its path"};
            if (is_control(c)) return Error{"has an encoded control character"};
        } else if (is_control(c) || static_cast<unsigned char>(c) >= 0x80 || c == ' ' || c == '#') {
            return Error{"has a byte that must be percent-encoded"};
        } else if (form && c == '+') {
            c = ' ';
        }
        text += c;
    }
    if (!is_utf8(text)) return Error{"is not UTF-8 when decoded"};
    return text;
}

bool has_dot_segment(std::string_view path) {
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const auto segment = path.substr(0, path.find('/'));
        if (segment == "." || segment == "..") return true;
        path.remove_prefix(segment.size());
    }
    return false;
}

std::optional<Error> read_query(std::string_view raw, Target& target) {
    while (!raw.empty()) {
        const auto pair = raw.substr(0, raw.find('&'));
        raw.remove_prefix(std::min(raw.size(), pair.size() + 1));
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        auto name = decode(pair.substr(0, equals), true);
        if (!name) return name.error();
        auto value = decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
        if (!value) return value.error();
        target.query.emplace_back(std::move(*name), std::move(*value));
    }
    return std::nullopt;
}

// The part after the authority of an absolute form; other forms unchanged.
std::string_view without_authority(std::string_view raw) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!raw.starts_with(scheme)) continue;
        const auto path = raw.find_first_of("/?", scheme.size());
        return path == std::string_view::npos ? std::string_view("/") : raw.substr(path);
    }
    return raw;
}

}  // namespace

Result<Target> decode_target(std::string_view raw) {
    raw = without_authority(raw);
    const auto question = raw.find('?');
    const auto raw_path = question == 0 ? std::string_view("/") : raw.substr(0, question);
    if (!raw_path.starts_with('/')) return Error{"must begin with a slash"};

    Target target;
    auto path = decode(raw_path, false);
    if (!path) return path.error();
    target.path = std::move(*path);
    if (has_dot_segment(target.path)) return Error{"has a \".\" or \"..\" segment"};
    if (question != std::string_view::npos) {
        if (auto wrong = read_query(raw.substr(question + 1), target)) return *wrong;
    }
    return target;
}

}  // namespace sonde::http
