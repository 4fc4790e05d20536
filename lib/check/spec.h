// What a monitor asks of a probe. One validator: the API refuses with it, the agent runs by it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/json/reader.h"

namespace sonde::check {

enum class Kind : unsigned char { http };

enum class HttpMethod : unsigned char { get, head, post };

// Inclusive ranges of accepted status codes, 100 to 599, in the text form `200-299,301`.
struct StatusSet {
    std::vector<std::pair<int, int>> ranges{{200, 299}};
    [[nodiscard]] bool contains(int status) const;
    [[nodiscard]] std::string text() const;
    // An error names the part that is wrong.
    static Result<StatusSet> parse(std::string_view text);
};

struct HttpSpec {
    std::string url;  // absolute http or https URL, at most 2048 bytes, no credentials, no fragment
    HttpMethod method = HttpMethod::get;
    std::vector<std::pair<std::string, std::string>> headers;  // at most 50; hop-by-hop and Host refused
    std::string body;                                          // at most 64 KiB; only with POST
    bool follow_redirects = true;
    int max_redirects = 10;  // 0 to 20
    bool tls_verify = true;
    StatusSet accept_status;
    std::int64_t max_body_bytes = 1 << 20;  // 0 to 10 MiB
};

using Spec = std::variant<HttpSpec>;  // in the order of Kind

// Reads and validates the `spec` of a monitor of kind `kind`. Every mistake is reported, with its JSON pointer.
Result<Spec, json::Problems> read_spec(Kind kind, const Json& document, std::string_view pointer);

// The canonical document of a spec: every field present, defaults filled in. `read_spec` reads it back equal.
Json write_spec(const Spec& spec);

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::Kind> {
    static constexpr std::array<std::string_view, 1> names{"http"};
};

template <>
struct sonde::EnumNames<sonde::check::HttpMethod> {
    static constexpr std::array<std::string_view, 3> names{"GET", "HEAD", "POST"};
};
