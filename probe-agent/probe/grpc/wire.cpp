#include "probe-agent/probe/grpc/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace sonde::agent {
namespace {

constexpr std::size_t kPrefix = 5;       // a flag and four bytes of length
constexpr std::uint64_t kField = 1;      // `service` of the request, `status` of the response
constexpr std::size_t kMaxVarint = 10;   // bytes

enum class WireType : unsigned char { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

unsigned byte_of(char c) { return static_cast<unsigned char>(c); }

void put_varint(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out += static_cast<char>((value & 0x7fU) | 0x80U);
    out += static_cast<char>(value);
}

std::optional<std::uint64_t> take_varint(std::string_view& in) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < in.size() && i < kMaxVarint; ++i) {
        const auto byte = byte_of(in[i]);
        if (i == kMaxVarint - 1 && byte > 1) return std::nullopt;  // beyond 64 bits
        value |= static_cast<std::uint64_t>(byte & 0x7fU) << (7 * i);
        if (byte < 0x80) {
            in.remove_prefix(i + 1);
            return value;
        }
    }
    return std::nullopt;
}

bool skip(std::string_view& in, std::uint64_t count) {
    if (count > in.size()) return false;
    in.remove_prefix(static_cast<std::size_t>(count));
    return true;
}

bool skip_field(std::string_view& in, WireType type) {
    switch (type) {
        case WireType::varint: return take_varint(in).has_value();
        case WireType::fixed64: return skip(in, 8);
        case WireType::fixed32: return skip(in, 4);
        case WireType::bytes: {
            const auto length = take_varint(in);
            return length && skip(in, *length);
        }
    }
    return false;  // groups, and what does not exist
}

// The last one counts, and none is 0: protobuf's rules.
std::optional<int> read_status(std::string_view message) {
    int status = 0;
    while (!message.empty()) {
        const auto key = take_varint(message);
        if (!key || *key >> 3U == 0 || *key >> 3U > 0x1fffffff) return std::nullopt;
        const auto type = static_cast<WireType>(*key & 7U);
        if (*key >> 3U == kField && type == WireType::varint) {
            const auto value = take_varint(message);
            if (!value) return std::nullopt;
            status = static_cast<std::int32_t>(static_cast<std::uint32_t>(*value));
        } else if (!skip_field(message, type)) {
            return std::nullopt;
        }
    }
    return status;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string health_request(std::string_view service) {
    std::string message;
    if (!service.empty()) {
        put_varint(message, kField << 3U | static_cast<std::uint64_t>(WireType::bytes));
        put_varint(message, service.size());
        message += service;
    }
    std::string frame(1, '\0');
    for (const unsigned shift : {24U, 16U, 8U, 0U}) frame += static_cast<char>(message.size() >> shift & 0xffU);
    return frame + message;
}

HealthResponse read_health_response(std::string_view body) {
    if (body.empty()) return {};
    if (body.size() < kPrefix) return {"ends within a frame", std::nullopt};
    if (body.front() != '\0') return {body.front() == '\1' ? "is compressed, which was not asked for" : "has a frame with flags that do not exist", std::nullopt};
    std::uint64_t length = 0;
    for (std::size_t i = 1; i < kPrefix; ++i) length = length << 8U | byte_of(body[i]);
    const auto rest = body.substr(kPrefix);
    if (length > kMaxGrpcMessage) return {fmt::format("has a message of more than {} bytes", kMaxGrpcMessage), std::nullopt};
    if (rest.size() < length) return {"ends within a frame", std::nullopt};
    if (rest.size() > length) return {"has more than one message", std::nullopt};
    const auto status = read_status(rest);
    if (!status) return {"has a message that is not protobuf", std::nullopt};
    return {{}, status};
}

std::string decode_grpc_message(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low < 0) {
            decoded += text[i];
            continue;
        }
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return decoded;
}

std::optional<int> read_grpc_status(std::string_view text) {
    if (text.empty() || text.size() > 3 || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
    int status = 0;
    for (const char c : text) status = status * 10 + (c - '0');
    return status;
}

}  // namespace sonde::agent
