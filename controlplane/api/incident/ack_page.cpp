#include "controlplane/api/incident/ack_page.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/html.h"
#include "lib/crypto/crypto.h"

namespace sonde::controlplane {
namespace {

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1.25rem}
h1{font-size:1.25rem;overflow-wrap:anywhere}
button{font:inherit;padding:.6rem 1.4rem;border:0;border-radius:6px;background:#1864ab;color:#fff;cursor:pointer}
)";

struct Words {
    int status;
    std::string_view text;
    bool about_incident = true;
};

Words words_of(AckView view) {
    switch (view) {
        case AckView::ask: return {200, "To acknowledge is to say that you look after it. The link is good for that once."};
        case AckView::done: return {200, "You have acknowledged it."};
        case AckView::acknowledged: return {200, "It was acknowledged already. Nothing was changed."};
        case AckView::resolved: return {409, "It is resolved: there is nothing to acknowledge."};
        case AckView::used: return {409, "This link was used already. Nothing was changed."};
        case AckView::under_way: return {202, "Your acknowledgement is kept and will be carried out; that takes longer than usual."};
        case AckView::no_link: return {404, "This link is not valid, or not any more.", false};
        case AckView::limited: return {429, "Too many links from where you are were not valid. Wait a while, then try again.", false};
        case AckView::not_now: break;
    }
    return {503, "This does not work at the moment. Try again.", false};
}

const std::string& policy() {
    static const std::string all = "default-src 'none'; style-src 'sha256-" + crypto::base64(crypto::sha256(kStyle)) +
                                   "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    return all;
}

}  // namespace

http::Response ack_page(AckView view, std::string_view title, std::string_view state) {
    const auto words = words_of(view);
    const auto heading = words.about_incident ? html::escaped(title) : std::string("Sonde");
    auto text = fmt::format("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
                            "<title>{0}</title><style>{1}</style></head><body>\n<h1>{0}</h1>\n", heading, kStyle);
    if (words.about_incident) text += fmt::format("<p>The incident is {}.</p>\n", html::escaped(state));
    text += fmt::format("<p>{}</p>\n", words.text);
    if (view == AckView::ask) text += "<form method=\"post\"><button>Acknowledge</button></form>\n";
    return http::Response::text(text + "</body></html>\n", "text/html; charset=utf-8", words.status)
        .with("Cache-Control", "no-store")
        .with("Content-Security-Policy", policy())
        .with("Referrer-Policy", "no-referrer")
        .with("X-Robots-Tag", "noindex");
}

}  // namespace sonde::controlplane
