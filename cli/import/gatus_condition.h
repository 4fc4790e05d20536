// Conditions of Gatus: `[BODY].user.name == pat(j*)`. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/base/result.h"
#include "lib/json/json.h"

namespace sonde::cli::import_from {

enum class Placeholder : unsigned char { status, response_time, body, ip, connected, dns_rcode, certificate_expiration, domain_expiration };
enum class Comparison : unsigned char { equal, not_equal, less, at_most, greater, at_least };
enum class Function : unsigned char { none, length, has };

struct Condition {
    Placeholder on = Placeholder::status;
    Function function = Function::none;
    std::string path;  // of a body: what follows `[BODY]`
    Comparison comparison = Comparison::equal;
    enum class Form : unsigned char { literal, pattern, any } form = Form::literal;
    std::vector<std::string> values;  // one, or those of `any`
};

// The error says what is not understood.
Result<Condition> parse_condition(std::string_view text);

// The path of a body as a JSONPath: `.user.names[0]` as `$.user.names[0]`. Nothing if it is not one that can be written so.
std::optional<std::string> json_path(std::string_view path);

// A pattern with `*` for anything, as a regular expression for the whole text.
std::string regex_of(std::string_view pattern);

// `2*` and `200` match 200.
bool matches_pattern(std::string_view pattern, std::string_view text);

// Takes the condition over into what a check of HTTP is to be; a note where it cannot be. `statuses` has a place for each from 100 to 599.
using Statuses = std::array<bool, 500>;
void assert_http(const Condition& condition, const std::string& text, Statuses& statuses, Json& assertions, std::vector<std::string>& notes);

// `200-299,301`
std::string ranges_of(const Statuses& statuses);

// Hours, minutes and so on as days, rounded up. Nothing if it is no duration.
std::optional<int> days_in(std::string_view duration);

}  // namespace sonde::cli::import_from

template <>
struct sonde::EnumNames<sonde::cli::import_from::Placeholder> {
    static constexpr std::array<std::string_view, 8> names{"[STATUS]",    "[RESPONSE_TIME]", "[BODY]",                   "[IP]",
                                                           "[CONNECTED]", "[DNS_RCODE]",     "[CERTIFICATE_EXPIRATION]", "[DOMAIN_EXPIRATION]"};
};
