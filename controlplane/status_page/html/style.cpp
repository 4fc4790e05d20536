#include "controlplane/status_page/html/style.h"

#include <fmt/format.h>

#include "controlplane/status_page/html/colour.h"
#include "controlplane/status_page/html/css.h"
#include "controlplane/status_page/html/render.h"
#include "controlplane/status_page/html/sources.h"
#include "lib/crypto/crypto.h"

namespace sonde::status_page::html {
namespace {

// The style sheet's `--soft`, on which links are hardest to read, in light and in dark.
constexpr Colour kLight{0xf5, 0xf6, 0xf8};
constexpr Colour kDark{0x17, 0x1b, 0x21};

}  // namespace

std::string style_digest(std::string_view text) { return fmt::format("'sha256-{}'", crypto::base64(crypto::sha256(text))); }

std::string style_of(const Look& look) {
    const auto accent = read_colour(look.accent).value_or(*read_colour(Look{}.accent));
    auto style = fmt::format(":root{{--accent:{};--on-accent:{};--link:{}}}\n@media (prefers-color-scheme:dark){{:root{{--link:{}}}}}\n", write_colour(accent),
                             write_colour(text_on(accent)), write_colour(readable_on(accent, kLight)), write_colour(readable_on(accent, kDark)));
    if (const auto css = clean_css(look.css)) style += *css;
    return style;
}

bool is_link(std::string_view url) { return url.starts_with("https://") || url.starts_with("http://"); }

bool is_picture(std::string_view url) { return url.starts_with("data:image/"); }

std::string content_security_policy(const Look& look) {
    return fmt::format("default-src 'none'; style-src {} {}; script-src {}; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                       style_digest(source("style.css")), style_digest(style_of(look)), style_digest(source("live.js")));
}

}  // namespace sonde::status_page::html
