// The session's cookie, and what keeps other web sites from using it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/instant.h"
#include "lib/base/secret.h"
#include "lib/http/message.h"

namespace sonde::login {

// The request came from this very machine, to it by name or address, through no proxy: then there is no TLS to ask for, and the cookie is `sonde-session` without `Secure`. Anywhere
// else it is `__Host-sonde-session` with it, which browsers send back over https alone and take from no other host of the domain.
bool is_local(const http::Request& request);

// The session's secret in the request's cookies: of the name that its way asks for, if there is exactly one.
std::optional<std::string_view> session_cookie(const http::Request& request);

// The `Set-Cookie` of a session that has begun, or has ended.
std::string begin_cookie(const http::Request& request, const Secret& session, milliseconds lifetime);
std::string end_cookie(const http::Request& request);

// A login under way at the provider (controlplane/oidc/ticket.h) has a cookie of its own, under the same rules.
std::optional<std::string_view> ticket_cookie(const http::Request& request);
std::string begin_ticket(const http::Request& request, std::string_view sealed, milliseconds lifetime);
std::string end_ticket(const http::Request& request);

// What opens a protected status page in the browser that opened it (controlplane/status_page/serve/gate.h), one for each page, under the same rules.
std::optional<std::string_view> page_cookie(const http::Request& request, std::string_view slug);
std::string begin_page(const http::Request& request, std::string_view slug, std::string_view sealed, milliseconds lifetime);

// What a page of ours sends in `X-Sonde-CSRF` with everything that changes something: others can have the browser send the cookie, and cannot read
// this. It follows from the session's secret, and does not lead back to it.
std::string csrf_token(std::string_view session);

// Whether a page of another origin sent it: the header `Origin`, if there is one, must be `public_url`'s or name the host that was asked.
bool is_foreign(const http::Request& request, std::string_view public_url);

}  // namespace sonde::login
