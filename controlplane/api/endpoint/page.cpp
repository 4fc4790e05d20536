#include "controlplane/api/endpoint/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/percent.h"
#include "lib/crypto/crypto.h"

namespace sonde::controlplane {
namespace {

constexpr std::size_t kMaxCursorBytes = 1024;

std::optional<std::string> from_base64url(std::string_view text) {
    std::string plain(text);
    std::replace(plain.begin(), plain.end(), '-', '+');
    std::replace(plain.begin(), plain.end(), '_', '/');
    plain.append((4 - plain.size() % 4) % 4, '=');
    return crypto::from_base64(plain);
}

std::string encode_path(std::string_view path) {
    std::string encoded;
    for (std::size_t begin = 0; begin <= path.size();) {
        const auto end = std::min(path.find('/', begin), path.size());
        if (begin > 0) encoded += '/';
        encoded += percent_encoded(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return encoded;
}

std::string next_link(const http::Request& request, const std::string& cursor) {
    std::string target = encode_path(request.path) + "?cursor=" + percent_encoded(cursor);
    for (const auto& [name, value] : request.query) {
        if (name != "cursor") target += '&' + percent_encoded(name) + '=' + percent_encoded(value);
    }
    return fmt::format("<{}>; rel=\"next\"", target);
}

}  // namespace

std::optional<Cursor> Cursor::parse(std::string_view text, std::string_view list, std::size_t keys) {
    if (text.empty() || text.size() > kMaxCursorBytes) return std::nullopt;
    const auto decoded = from_base64url(text);
    if (!decoded) return std::nullopt;
    const auto document = json::parse(*decoded, {.bytes = kMaxCursorBytes, .depth = 2});
    if (!document || !document->is_array() || document->size() != keys + 1) return std::nullopt;
    if (!(*document)[0].is_string() || (*document)[0].get_ref<const std::string&>() != list) return std::nullopt;
    Cursor cursor{list, {}};
    for (std::size_t i = 1; i <= keys; ++i) {
        const auto& value = (*document)[i];
        if (value.is_string()) {
            const auto& key = value.get_ref<const std::string&>();
            if (key.find('\0') != std::string::npos) return std::nullopt;
            cursor.keys_.emplace_back(key);
        } else if (value.is_number_integer() && !(value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)) {
            cursor.keys_.emplace_back(value.get<std::int64_t>());
        } else {
            return std::nullopt;
        }
    }
    return cursor;
}

std::string Cursor::text() const {
    Json document = Json::array({list_});
    for (const auto& key : keys_) std::visit([&document](const auto& value) { document.push_back(value); }, key);
    return crypto::base64url(json::dump(document));
}

std::int64_t Cursor::whole(std::size_t index) const {
    const auto* value = std::get_if<std::int64_t>(&keys_.at(index));
    return value == nullptr ? 0 : *value;
}

TimePoint Cursor::time(std::size_t index) const {
    constexpr std::int64_t end_of_9999 = 253'402'300'799'999;
    return from_unix_ms(std::clamp<std::int64_t>(whole(index), 0, end_of_9999));
}

std::string Cursor::text(std::size_t index) const {
    const auto* value = std::get_if<std::string>(&keys_.at(index));
    return value == nullptr ? "" : *value;
}

http::Response list_response(const http::Request& request, std::vector<Json> items, const std::optional<Cursor>& next) {
    Json document;
    document["items"] = std::move(items);
    document["next_cursor"] = next ? Json(next->text()) : Json(nullptr);
    auto response = http::Response::json(document);
    return next ? std::move(response).with("Link", next_link(request, next->text())) : response;
}

}  // namespace sonde::controlplane
