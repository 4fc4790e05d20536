// A status page as HTML: a function of the snapshot and of who looks at what. Each answer is whole: style and script are in it, and it loads nothing else.
//
// What the server has to have beside it, under the page's base: `history/YYYY-MM`, `incidents/ID`, `maintenance/ID`, `feeds`; `feed.rss`, `feed.atom`, `feed.json`, the same
// below `components/ID`, and `index.json`, which it links to; `events`, server-sent events, of which any (without a name, or named `changed`) has the reader's browser ask again.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "controlplane/status_page/snapshot.h"

namespace sonde::status_page::html {

// The page as it is now.
struct Current {};

// What happened in a month of the page's time zone.
struct OneMonth {
    std::chrono::year_month month;
};

struct OneIncident {
    std::string id;
};

struct OneMaintenance {
    std::string id;
};

// Where the feeds are, of everything and of each component.
struct Feeds {};

using Place = std::variant<Current, OneMonth, OneIncident, OneMaintenance, Feeds>;

struct Visit {
    TimePoint now;           // tells only whether the snapshot is so old that its age must be shown, and the age in minutes then
    std::string base = "/";  // what the page's links begin with: `/status/acme/`, or `./` and `../` in files; ends with `/`
    Place place = Current{};
    std::string address{};  // absolute, of this very place: for who links to it; empty if it is not known
    std::string picture{};  // absolute, of the picture that is shown to whom a link is sent, 1200 x 630; empty: there is none
};

// A snapshot older than this says so.
inline constexpr std::chrono::minutes kFresh{1};

// Nothing if the snapshot has no such incident or maintenance, or nothing to tell of that month: it is before the last 90 days, still to come, or the page shows no
// history. Texts in the snapshot may be anything: none of them is markup in the answer.
std::optional<std::string> render(const Snapshot& page, const Visit& visit);

// `YYYY-MM`, as in the address of a month.
std::optional<std::chrono::year_month> read_month(std::string_view text);

// The header `Content-Security-Policy` for what `render` makes of pages that look so: the style and the script in it, pictures in data URLs, requests to the page's own
// server, and nothing else. It changes with the look alone.
std::string content_security_policy(const Look& look);

}  // namespace sonde::status_page::html
