#include "controlplane/status_page/serve/response.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/asset.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/status_page/html/small.h"

namespace sonde::status_page::serve {
namespace {

constexpr std::string_view kOfPublic = "public, max-age=5, stale-while-revalidate=30, stale-if-error=86400";
constexpr std::string_view kOfScript = "public, max-age=3600";
constexpr std::string_view kOfProtected = "private, no-cache";

bool is_public(const Page& page) { return page.guard.access == Access::everybody; }

std::string_view caching(const Page& page, Use use) {
    if (!is_public(page)) return kOfProtected;
    return use == Use::script ? kOfScript : kOfPublic;
}

}  // namespace

bool is_hidden(const Page& page) { return !page.snapshot.look.indexed || !is_public(page); }

http::Response respond(const http::Request& request, const Page& page, Use use, const Answer& answer) {
    const auto* encodings = request.header("accept-encoding");
    const bool packed = answer.gzip != nullptr && encodings != nullptr && controlplane::accepts_gzip(*encodings);
    const auto plain_tag = fmt::format("\"{}\"", answer.digest);
    const auto packed_tag = fmt::format("\"{}-gzip\"", answer.digest);
    const bool known = controlplane::is_known(request, plain_tag) || controlplane::is_known(request, packed_tag);
    auto response = known ? http::Response::empty(304) : http::Response::text({}, std::string(answer.content_type));
    if (!known) response.shared = packed ? answer.gzip : answer.plain;
    const auto say = [&response](std::string name, std::string value) { response.headers.emplace_back(std::move(name), std::move(value)); };
    if (packed && !known) say("Content-Encoding", "gzip");
    say("ETag", packed ? packed_tag : plain_tag);
    say("Vary", is_public(page) ? "Accept-Encoding" : "Accept-Encoding, Cookie, Authorization");
    say("Cache-Control", std::string(caching(page, use)));
    say("Content-Security-Policy", answer.policy);
    say("Referrer-Policy", "no-referrer");
    if (is_hidden(page)) say("X-Robots-Tag", "noindex");
    if (is_public(page) && use == Use::data) say("Access-Control-Allow-Origin", "*");
    return response;
}

http::Response refuse(const Page& page, Use use, std::string_view base, Refusal refusal) {
    const bool by_token = page.guard.access == Access::token;
    const int status = refusal == Refusal::limited ? 429 : refusal == Refusal::busy ? 503 : by_token ? 401 : 403;
    auto response = http::Response{};
    if (use == Use::reading) {
        using html::Question;
        const auto question = by_token                              ? Question::token
                              : refusal == Refusal::wrong_password ? Question::wrong_password
                              : refusal == Refusal::ask            ? Question::password
                                                                   : Question::later;
        response = http::Response::text(html::guard(page.snapshot.look.language, question, base), "text/html; charset=utf-8", status).with("Content-Security-Policy", html::guard_policy());
    } else {
        response = http::problem_response(by_token ? http::problem::unauthenticated : http::problem::forbidden, "This status page is protected.");
    }
    if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    // With `no-referrer` browsers would not say where the form comes from, and it would be taken for a foreign one.
    return std::move(response).with("Referrer-Policy", "same-origin").with("X-Robots-Tag", "noindex");
}

http::Response nothing_here() { return http::Response::text("There is nothing here.\n", "text/plain; charset=utf-8", 404).with("X-Robots-Tag", "noindex"); }

http::Response nothing_here(const Page& page, std::string_view base) {
    return http::Response::text(html::nothing(page.snapshot, base), "text/html; charset=utf-8", 404)
        .with("Content-Security-Policy", html::guard_policy())
        .with("Referrer-Policy", "no-referrer")
        .with("Cache-Control", "no-store")
        .with("X-Robots-Tag", "noindex");
}

http::Response lead(std::string to) { return http::Response::empty(303).with("Location", std::move(to)).with("Referrer-Policy", "no-referrer"); }

}  // namespace sonde::status_page::serve
