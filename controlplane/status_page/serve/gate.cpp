#include "controlplane/status_page/serve/gate.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/login/cookie.h"
#include "lib/account/password.h"
#include "lib/http/target.h"

namespace sonde::status_page::serve {
namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::size_t kMostCookie = 512;

// A value sealed for one guard opens before no other: not of another page, nor of this one after its password, token or access changed.
std::string place_of(const Page& page) {
    const auto& guard = page.guard;
    const auto what = crypto::hex(crypto::sha256(fmt::format("{}:{}{}", guard.password_hash.size(), guard.password_hash, guard.token_digest)));
    return fmt::format("status_page:{}:{}:{}:{}", page.slug, guard.generation, name_of(guard.access), what);
}

bool is_token(const Page& page, std::string_view token) { return !token.empty() && !page.guard.token_digest.empty() && crypto::equal(crypto::sha256(token), page.guard.token_digest); }

bool has_bearer(const http::Request& request, const Page& page) {
    const auto* given = request.header("authorization");
    return given != nullptr && given->starts_with(kBearer) && is_token(page, std::string_view(*given).substr(kBearer.size()));
}

}  // namespace

Standing Gate::standing(const http::Request& request, const Page& page, TimePoint now) const {
    if (page.guard.access == Access::everybody) return Standing::open;
    if (page.guard.access == Access::token) {
        if (has_bearer(request, page)) return Standing::open;
        if (const auto* token = request.query_value("token"); token != nullptr && is_token(page, *token)) return Standing::by_query;
    }
    return has_cookie(request, page, now) ? Standing::open : Standing::shut;
}

std::string Gate::cookie(const http::Request& request, const Page& page, TimePoint now) const {
    const auto until = fmt::format("{}", to_unix_ms(now + kOpenFor));
    return login::begin_page(request, page.slug, crypto::base64url(secrets_.seal(Secret(until), place_of(page))), kOpenFor);
}

bool Gate::has_cookie(const http::Request& request, const Page& page, TimePoint now) const {
    const auto value = login::page_cookie(request, page.slug);
    if (!value || value->size() > kMostCookie) return false;
    const auto sealed = crypto::from_base64url(*value);
    if (!sealed) return false;
    const auto until = secrets_.open(*sealed, place_of(page));
    return until && until->reveal() > fmt::format("{}", to_unix_ms(now));  // of as many digits, until the year 2286
}

std::optional<Secret> password_in(const http::Request& request) {
    constexpr std::size_t kMostBody = 3 * account::kMaxPassword + 64;
    const auto* type = request.header("content-type");
    if (type == nullptr || !type->starts_with("application/x-www-form-urlencoded") || request.body.size() > kMostBody) return std::nullopt;
    const auto form = http::decode_target("/?" + request.body);  // the query of an address is encoded as a form
    if (!form || form->query.size() != 1 || form->query[0].first != "password") return std::nullopt;
    auto& password = form->query[0].second;
    if (password.empty() || password.size() > account::kMaxPassword) return std::nullopt;
    return Secret(password);
}

}  // namespace sonde::status_page::serve
